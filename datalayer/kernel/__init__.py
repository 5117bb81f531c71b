"""What the job and the portal share; the only room of datalayer that ml_jobs may import."""
