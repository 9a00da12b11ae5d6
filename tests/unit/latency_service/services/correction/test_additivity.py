import numpy as np
import pytest

from latency_service.services.correction.additivity import additivity_of, is_launch_bound
from latency_service.services.correction.anchors import Anchor
from latency_service.services.correction.design import Design
from tests.unit.latency_service.services.correction.simulated_device import (
    Session,
    additive,
    launch_bound,
    measured_alone,
    random_networks,
)

SMALL, LARGE = "v1-identity-1x8x4", "v1-identity-2x8x4"
ENTRIES_MS = {SMALL: 1.0, LARGE: 3.0}


def design_of(*networks: tuple[int, int, float]) -> Design:
    """Return the design of networks, given how many small and large ops they have, and what they take."""
    rows = [Anchor(str(index), {SMALL: small, LARGE: large}, ms) for index, (small, large, ms) in enumerate(networks)]
    return Design.of(ENTRIES_MS, rows)


def work_ms(small: int, large: int) -> float:
    return small * ENTRIES_MS[SMALL] + large * ENTRIES_MS[LARGE]


MIXED = [(1, 4), (5, 1), (2, 2), (3, 6), (8, 1), (4, 4), (1, 9), (6, 3), (2, 7), (9, 2)]


@pytest.mark.parametrize(
    ("error_percent", "floor_percent", "verdict"),
    [
        (4.9, 0.1, "additive"),
        (5.1, 0.0, "not_additive"),
        (5.1, 1.0, "not_additive"),
        (5.1, 2.0, "additive"),
        (8.0, 2.0, "not_additive"),
    ],
)
def test_large_errors_count_unless_the_device_itself_is_noisy(
    error_percent: float, floor_percent: float, verdict: str
) -> None:
    design = design_of(*((small, large, work_ms(small, large)) for small, large in MIXED))
    assert additivity_of(design, error_percent, floor_percent) == verdict


def test_time_that_follows_the_number_of_ops_is_launch_bound_however_well_it_is_predicted() -> None:
    design = design_of(*((small, large, 2.0 + 0.3 * (small + large)) for small, large in MIXED))
    assert additivity_of(design, 0.1, 0.1) == "launch_bound"


def test_it_takes_ten_anchors_to_tell() -> None:
    design = design_of(*((small, large, 2.0 + 0.3 * (small + large)) for small, large in MIXED[:9]))
    assert not is_launch_bound(design)


def test_where_all_or_all_but_one_have_the_same_number_of_ops_nothing_tells() -> None:
    one_depth = [(small, 12 - small, 5.0) for small in range(1, 12)]
    assert not is_launch_bound(design_of(*one_depth))
    assert not is_launch_bound(design_of(*one_depth, (9, 9, 7.0)))


def test_where_the_sum_tells_it_as_well_it_does() -> None:
    """Ops that each take a launch, alone and in a network."""
    rows = [Anchor(str(small), {SMALL: small}, 0.3 * small) for small in range(1, 20)]
    assert not is_launch_bound(Design.of(ENTRIES_MS, rows))


def test_a_noisy_device_of_which_a_constant_is_the_best_guess_does_not_wait_for_launches() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        anchors = Session(additive(rng, 0.0, 0.0), noise=0.15).anchors(random_networks(rng, 15), rng)
        assert not is_launch_bound(Design.of(measured_alone(rng), anchors))


@pytest.mark.parametrize("count", [10, 20])
def test_no_additive_device_is_taken_for_one_that_waits_for_launches_and_hardly_one_is_missed(count: int) -> None:
    found = {"additive": 0, "launch_bound": 0}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for name, device in (("additive", additive(rng, 0.2, 0.2)), ("launch_bound", launch_bound)):
            anchors = Session(device).anchors(random_networks(rng, count), rng)
            found[name] += is_launch_bound(Design.of(measured_alone(rng), anchors))
    assert found["additive"] == 0
    assert found["launch_bound"] >= 19
