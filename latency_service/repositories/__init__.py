"""All SQL of the service: plain functions over a session that the caller opened."""
