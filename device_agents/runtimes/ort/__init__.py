"""ONNX Runtime: its execution providers by name, sessions that one of them runs whole, and workloads bound to it."""
