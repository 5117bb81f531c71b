"""Bringing publications in, keeping them on the local disk, and switching between them."""
