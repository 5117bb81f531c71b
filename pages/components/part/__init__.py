"""The page of a part: what to do about it, and what there is to believe it by."""
