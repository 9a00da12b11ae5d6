"""Transfer: what tables of other devices tell of a new one that has been measured at a few ops only."""
