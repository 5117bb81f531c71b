"""What pages are made of: language, captions, charts, tables, filters, frame and access."""
