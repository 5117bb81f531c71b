"""The contract's checks run over a publication's Parquet files, by the job and by the portal."""
