"""The API for machine clients, at /v1 (design 3)."""
