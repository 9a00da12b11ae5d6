"""Modelling: what a table says of ops that it lacks. Pure functions on ops and numbers."""
