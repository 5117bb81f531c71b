"""Measurements, each against a peer in the same run; results go to build/ as JSON."""
