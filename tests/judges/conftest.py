"""The judges' fixture."""

from tests.judges.judge import judge

__all__ = ["judge"]
