"""Clocks for what asks a clock: time passes when a test says so."""

from __future__ import annotations


class SecondsClock:
    """Seconds that stand until a test moves them."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Return the seconds that it shows."""
        return self.now_s
