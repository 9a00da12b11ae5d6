"""The commands of `latency-service`, one file a noun; `latency_service.cli` joins them."""
