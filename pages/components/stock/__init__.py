"""The inventory page: all stock positions of a place, by class and as a list, and a chosen part."""
