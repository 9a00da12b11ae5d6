"""HTTP: one router a resource, over the services."""
