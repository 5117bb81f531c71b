"""Data sets as files to take away: CSV, Parquet and Arrow, streamed, never silently short."""

from datalayer.reading.extracts.digests import Digest, DigestMemo
from datalayer.reading.extracts.requests import MEDIA_TYPES, WHOLE, ExtractRequest, Part
from datalayer.reading.extracts.service import Extract, Extracts

__all__ = [
    "MEDIA_TYPES",
    "WHOLE",
    "Digest",
    "DigestMemo",
    "Extract",
    "ExtractRequest",
    "Extracts",
    "Part",
]
