"""The goals of availability per real, measured on real demand with a documented draw."""
