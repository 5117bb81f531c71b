"""The batch job: demand history in, an immutable publication of gold Parquet out.

Runs in its own environment and container, and imports ``datalayer.kernel`` alone of the portal.
"""
