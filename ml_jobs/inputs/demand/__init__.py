"""Demand: its rows, those set aside and why, and the files and folders it comes in."""
