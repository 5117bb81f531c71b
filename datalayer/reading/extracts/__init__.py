"""Data sets as files to take away: CSV, Parquet and Arrow, streamed, never silently short."""
