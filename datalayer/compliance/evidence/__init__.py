"""What was said: one module for each kind of evidence, and how it is gathered."""
