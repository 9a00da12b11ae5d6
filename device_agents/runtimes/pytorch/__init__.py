"""The torch runtime's parts; only `cuda_driver` and `cuda_failures` may be imported where torch is not installed."""
