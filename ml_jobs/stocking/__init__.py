"""Stock against forecast: lead-time demand, reorder points, orders, and what stands out."""
