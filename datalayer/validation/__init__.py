"""Validation: the contract's checks run over a publication's Parquet files.

The job validates before it publishes and the portal before it activates, by the same code.
"""

from datalayer.validation.report import Fault, ValidationReport
from datalayer.validation.validator import validate

__all__ = ["Fault", "ValidationReport", "validate"]
