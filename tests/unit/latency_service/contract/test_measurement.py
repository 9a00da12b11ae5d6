from typing import Any

import pytest
from pydantic import ValidationError

from latency_service.contract.measurement import Measurement
from latency_service.contract.summary import summarize_rounds
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
        {"voided_rounds": [7]},
        {"clock_step_ms": -1},
        {"finished_at": "0001-01-01T00:00:00+14:00"},
        {"verdict": "noisy", "reasons": []},
    ],
)
def test_what_no_wire_or_database_brings_back_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Measurement.model_validate(measurement().model_dump() | wrong)


def test_the_summary_leaves_out_disturbed_samples_and_voided_rounds() -> None:
    rounds = [[1.0, 1.1, 9.0], [5.0, 5.0], [1.2]]
    told = measurement().model_copy(
        update={
            "samples_ms": tuple(sample for one in rounds for sample in one),
            "round_sizes": (3, 2, 1),
            "disturbed": (2,),
            "voided_rounds": (1,),
            "clock_step_ms": 0.25,
        }
    )
    assert told.recompute_summary() == summarize_rounds([[1.0, 1.1], [], [1.2]], 0.25)


def test_where_no_sample_counts_the_summary_is_that_of_all() -> None:
    told = measurement().model_copy(update={"samples_ms": (1.0, 2.0), "round_sizes": (1, 1), "voided_rounds": (0, 1)})
    assert told.recompute_summary() == summarize_rounds([[1.0], [2.0]])
