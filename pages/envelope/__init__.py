"""Monday in an envelope: a region's week as one HTML file, read without the portal."""
