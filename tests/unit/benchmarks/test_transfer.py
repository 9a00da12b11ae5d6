import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from benchmarks.device_tables import DeviceTables
from benchmarks.transfer import CHOSEN, COUNTS, DRAWN, FACTOR, MODEL, OTHERS, Trial, facts_of, judge, picture, repeated
from tests.simulated_devices import devices
from tests.simulated_ops import blocks

QUIET = Console(quiet=True)
OPS = blocks(sizes=(7, 14, 28), channels=(16, 24))
RUNTIMES = ("a", "a", "a", "b", "b", "b")


@pytest.fixture(scope="module")
def tables() -> DeviceTables:
    """Six devices of two runtimes, of which the second session is 10 % slower throughout."""
    latencies = devices(OPS, len(RUNTIMES), seed=3)
    return DeviceTables(tuple(OPS), tuple("uvwxyz"), RUNTIMES, latencies, 1.1 * latencies)


@pytest.fixture(scope="module")
def trials(tables: DeviceTables) -> list[Trial]:
    return [each for others in OTHERS for each in judge(tables, others, QUIET)]


def errors(trials: list[Trial], others: str, estimator: str, measured: int) -> list[float]:
    return [
        each.standing.mape_percent
        for each in trials
        if (each.standing.held_out, each.standing.estimator, each.measured) == (others, estimator, measured)
    ]


def test_every_table_is_a_new_device_once_for_each_way_and_number(trials: list[Trial]) -> None:
    counts = [count for count in COUNTS if count < len(OPS)]
    for others in OTHERS:
        for count in counts:
            for estimator in (CHOSEN, DRAWN, FACTOR):
                assert len(errors(trials, others, estimator, count)) == len(RUNTIMES)
    assert {each.measured for each in trials if each.standing.estimator == MODEL} == {20}


def test_what_is_measured_is_not_judged(trials: list[Trial]) -> None:
    assert {each.standing.ops for each in trials if each.measured == 10} == {len(OPS) - 10}


def test_more_measurements_tell_more_and_more_than_a_factor(trials: list[Trial]) -> None:
    few, more, factor = (
        np.median(errors(trials, OTHERS[0], *which)) for which in ((CHOSEN, 1), (CHOSEN, 20), (FACTOR, 20))
    )
    assert more < few
    assert more < factor / 3


def test_tables_of_the_same_runtime_can_be_left_out(tables: DeviceTables, trials: list[Trial]) -> None:
    another = tables.latencies_ms.copy()
    another[1] *= np.random.default_rng(0).uniform(1, 3, len(OPS))
    changed = replace(tables, latencies_ms=another)
    for others, is_touched in zip(OTHERS, (True, False), strict=True):
        found = [each for each in judge(changed, others, QUIET) if each.standing.runtime == "u"]
        before = [each for each in trials if (each.standing.held_out, each.standing.runtime) == (others, "u")]
        assert (found != before) is is_touched


def test_measuring_everything_again_is_told_as_it_is_and_at_one_speed(tables: DeviceTables) -> None:
    assert list(repeated(tables)) == list("uvwxyz")
    assert repeated(tables)["u"] == pytest.approx((10.0, 0.0), abs=1e-9)


def test_the_picture_is_a_png_and_the_figures_are_json(trials: list[Trial]) -> None:
    assert picture(trials).startswith(b"\x89PNG")
    unbounded = replace(trials[0], standing=replace(trials[0].standing, half_width_percent=float("inf")))
    assert json.loads(json.dumps(facts_of(unbounded), allow_nan=False))["half_width_percent"] is None
