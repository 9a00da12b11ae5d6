"""A phone over adb: the client, the folder on the phone, and TFLite's `benchmark_model` that runs there."""
