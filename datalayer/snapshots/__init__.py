"""Publications on the local disk, from half fetched to served."""
