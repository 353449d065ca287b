"""The forms of the LSO, by subject."""
