"""What activating a publication would change: told of two that can be read, active or not."""
