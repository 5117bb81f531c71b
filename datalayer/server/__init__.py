"""The server around pages and API: who gets in, under which name, and how much of it."""
