"""The Administration page: one module for each thing that is administered."""
