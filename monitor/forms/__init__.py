"""The forms of the monitor, by subject."""
