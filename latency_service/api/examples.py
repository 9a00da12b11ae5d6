"""Examples: one request body a resource, as OpenAPI shows them; a test holds each to its model."""

from typing import Any

from latency_service.contract.keys import EXAMPLE_KEY

_DEVICE = "pixel-8"

REGISTRATION: dict[str, Any] = {
    "name": _DEVICE,
    "description": {
        "operating_system": "Android 15",
        "architecture": "aarch64",
        "cpu_model": "Google Tensor G3",
        "logical_cores": 9,
        "memory_bytes": 8_000_000_000,
        "runtimes": {
            "tflite": {"available": True, "version": "2.3.0"},
            "torch": {"available": False, "reason": "torch is not installed"},
        },
    },
    "state": {"facts": {"cpu_model": "Google Tensor G3", "governor": "performance", "tflite_version": "2.3.0"}},
    "agent_version": "0.1.0",
    "protocol_version": 2,
}

PROFILE_REQUEST: dict[str, Any] = {
    "device": _DEVICE,
    "conditions": {"runtime": "tflite", "precision": "fp32", "batch_size": 1, "threads": 1},
    "workloads": [
        EXAMPLE_KEY,
        {"ops": ["v1-conv_bn_act-224x224x3-out16-k3-s2-g1-relu6", EXAMPLE_KEY]},
    ],
    "max_age_s": 86_400,
}

LEASE_REQUEST: dict[str, Any] = {
    "device": _DEVICE,
    "device_state": "0123456789abcdef",
    "agent_id": "0f6f3d0c3c0b4a7e9a5d2b1c4e8f7a6d",
    "runtimes": ["tflite", "onnxruntime"],
    "max_threads": 1,
    "max_jobs": 32,
}

LOOKUP_REQUEST: dict[str, Any] = {"ops": [EXAMPLE_KEY]}

ADVICE_REQUEST: dict[str, Any] = {"ops": [EXAMPLE_KEY], "limit": 10}

KEY_REQUEST: dict[str, Any] = {"name": "lab agents", "scope": "agent", "devices": ["pixel-*"]}

JOB_RESULT: dict[str, Any] = {
    "job_id": "5d0f6a3c8a4b4c1fb6f0f1d6f5a0c9e2",
    "measurement": {
        "samples_ms": [0.79, 0.81, 0.8],
        "round_sizes": [3],
        "inner_loops": 2,
        "warmup_runs": 40,
        "summary": {
            "n": 3,
            "median_ms": 0.8,
            "ci_low_ms": 0.79,
            "ci_high_ms": 0.81,
            "mad_ms": 0.01,
            "min_ms": 0.79,
            "p05_ms": 0.791,
            "p25_ms": 0.795,
            "p75_ms": 0.805,
            "p95_ms": 0.809,
            "mild_outliers": 0,
            "severe_outliers": 0,
        },
        "verdict": "ok",
        "preemptions": 0,
        "protocol_version": 2,
        "started_at": "2025-01-01T12:00:00Z",
        "finished_at": "2025-01-01T12:00:01Z",
    },
}

RESULT_BATCH: dict[str, Any] = {"results": [{"result_id": "9a8b7c6d-1234-4abc-8def-0123456789ab", **JOB_RESULT}]}
