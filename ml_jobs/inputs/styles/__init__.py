"""How a file writes its codes, numbers and dates, and the cells read so."""
