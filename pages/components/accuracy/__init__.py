"""The page of accuracy: whether the numbers can be believed, section by section."""
