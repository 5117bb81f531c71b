"""Stores that publications are written to and fetched from."""
