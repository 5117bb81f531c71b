"""The page Data: an extract built and seen before it is taken, and what the data mean."""
