"""Signed statements: which keys to trust, what was said, and how to check that it was."""
