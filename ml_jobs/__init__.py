"""The batch job: demand history in, an immutable publication of gold Parquet out.

Runs in its own environment and container. Of the portal's code it imports the shared kernel
only: ``datalayer.errors``, ``datalayer.contract``, ``datalayer.validation`` and
``datalayer.storage``.
"""
