from typing import Any

import pytest
from pydantic import ValidationError

from latency_service.contract.measurement import Measurement
from tests.service_data import measurement


def test_a_measurement_survives_the_wire() -> None:
    assert Measurement.model_validate_json(measurement().model_dump_json()) == measurement()


@pytest.mark.parametrize(
    "wrong",
    [
        {"clock_mhz": ["nan"]},
        {"foreign_load": "inf"},
        {"steal_share": "inf"},
        {"samples_ms": ["inf"], "round_sizes": [1]},
        {"preemptions": 2**63},
        {"warmup_runs": "9" * 30},
        {"inner_loops": "9" * 30},
        {"round_sizes": [10, -3]},
        {"disturbed": [7]},
        {"finished_at": "0001-01-01T00:00:00+14:00"},
        {"verdict": "noisy", "reasons": []},
    ],
)
def test_what_no_wire_or_database_brings_back_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Measurement.model_validate(measurement().model_dump() | wrong)
