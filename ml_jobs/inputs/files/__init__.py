"""Files as people have them, of any kind, encoding and dialect, as one table of cells."""
