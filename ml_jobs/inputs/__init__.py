"""What the job reads, row by row: demand, invoices, items, stock, locations and drivers."""
