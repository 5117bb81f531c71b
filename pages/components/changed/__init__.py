"""What changed between two publications: which two, in a sentence, by cause, by part."""
