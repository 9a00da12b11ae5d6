"""The rules of the service: plain functions; session, clock reading and limits are handed in."""
