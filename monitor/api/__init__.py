"""The figures for machine clients, at /v1 (design 3): what may be asked, and what is answered."""
