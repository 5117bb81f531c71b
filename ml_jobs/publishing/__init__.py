"""From tables to a publication: columns and order of the contract, manifest, store."""
