"""One locked DuckDB over the snapshots: views from the registry, questions from SQL files."""
