"""Stock by what it avoids: which unit to hold next, for which tower, and what that is worth."""
