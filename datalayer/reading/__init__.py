"""What can be asked of one publication: database, questions, cache, extracts."""
