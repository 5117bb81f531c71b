"""The audit log: who did what, when, how it ended; a chain in which every change shows."""
