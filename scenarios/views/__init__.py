"""The pages of the LSO, by subject."""
