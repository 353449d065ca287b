"""The pages of the monitor, by subject."""
