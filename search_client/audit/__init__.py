"""The audit: a table held against whole networks that it has not seen."""
