"""The demo world: a made-up population, built by the ordinary acts, in which every name is visibly invented."""
