import pytest

from benchmarks.target_hitting import shot


def test_the_miss_is_against_the_target_and_the_error_against_the_measurement() -> None:
    promise = {"target_ms": 2.0, "predicted_ms": 1.98}
    verification = {"measured_ms": 1.8, "measured_ci_ms": [1.7, 1.9], "verdict": "ok", "error_percent": 10.0}
    found = shot(0.3, {"promises": [promise], "validation_accuracy": 0.5}, verification)
    assert found.miss_percent == pytest.approx(-1.0)
    assert (found.error_percent, found.measured_ci_ms, found.share) == (10.0, (1.7, 1.9), 0.3)
