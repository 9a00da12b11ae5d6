"""The report: one self-contained page of a search, its table and its networks."""
