"""The demo world: an invented population, built by the ordinary acts. Every name in it is visibly invented."""
