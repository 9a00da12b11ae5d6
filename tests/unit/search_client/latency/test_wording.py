import pytest

from latency_service.contract.messages import Additivity, SnapshotId, TransferNote
from search_client.latency.wording import additivity_warning, describe_correction, describe_transfer, stated_error
from tests.unit.search_client.corrections import correction


@pytest.mark.parametrize(
    ("percent", "told"),
    [(1.23, "+- 1.2 %"), (12.0, "+- 12.0 %"), (0.0, "+- <0.1 %"), (None, "(unanchored: no error known)")],
)
def test_an_error_is_told_and_so_is_that_there_is_none(percent: float | None, told: str) -> None:
    assert stated_error(percent) == told


def test_a_correction_is_told_with_what_it_is_worth() -> None:
    assert describe_correction(correction()) == (
        "times 1.1, from 10 networks; 1.2 % off those left out, plain sums 8.5 %, noise floor 0.7 %; additive"
    )
    full = correction(factors={"v1-a": 1.0, "v1-b": 0.9}, intercept_ms=0.25, noise_floor_percent=None)
    told = describe_correction(full)
    assert told.startswith("times 1.1, 2 ops by factors of their own, +0.25 ms a network, from 10 networks")
    assert "noise floor unknown before a second session" in told
    assert "too few networks" in describe_correction(None)


@pytest.mark.parametrize(("additivity", "told"), [("not_additive", "not additive"), ("launch_bound", "launch-bound")])
def test_what_sums_do_not_tell_is_warned_of(additivity: Additivity, told: str) -> None:
    assert describe_correction(correction(additivity=additivity)).endswith(told)
    assert additivity_warning(additivity)
    assert additivity_warning("additive") is additivity_warning(None) is None


def test_what_was_predicted_is_told_with_what_it_rests_on_and_what_it_is_worth() -> None:
    note = TransferNote(measured=10, predicted=60, tables=tuple(map(SnapshotId, "abc")), spread_percent=9.04)
    assert describe_transfer(note) == (
        "60 ops, from 10 that were measured and 3 tables of other devices or conditions; "
        "their 90 % intervals are +- 9.0 % in the median"
    )
    unknown = note.model_copy(update={"spread_percent": None})
    assert describe_transfer(unknown).endswith("too few other tables to say how far off")
