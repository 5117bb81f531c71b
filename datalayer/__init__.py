"""Everything the portal reads: contract, storage, snapshots, views, cache, API.

Importing this package costs nothing; import the module that you need.
"""
