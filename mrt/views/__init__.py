"""The pages of the MRT, by subject."""
