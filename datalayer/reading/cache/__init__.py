"""The two-level result cache behind the portal."""
