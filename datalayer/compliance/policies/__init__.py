"""What to trust: one module of small policies for each kind of evidence."""
