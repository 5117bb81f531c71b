"""The order list: what is to be ordered, by supplier, and how it is taken along."""
