"""What can be asked of a publication, by subject; each function returns a `Question`."""
