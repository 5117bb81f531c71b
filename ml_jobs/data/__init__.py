"""The bundled demonstration data: an extract of Online Retail; see README.md for its licence."""

from pathlib import Path

DEMAND = Path(__file__).parent / "online_retail_extract.parquet"
CURRENCY = "GBP"
LICENSE = "CC-BY-4.0"
