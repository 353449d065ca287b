"""The trial run: LVV with a database and a broker of its own, on one computer, nothing installed by hand.

Nothing in production imports this; it starts the same processes, with the same settings by environment.
"""
