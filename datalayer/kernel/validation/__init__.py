"""Validation: the contract's checks run over a publication's Parquet files.

The job validates before it publishes and the portal before it activates, by the same code.
"""

from datalayer.kernel.validation.validator import validate

__all__ = ["validate"]
