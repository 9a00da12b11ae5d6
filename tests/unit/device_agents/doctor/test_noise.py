from collections.abc import Callable

import pytest

from device_agents.child.launcher import Launcher
from device_agents.child.orders import MeasureOrder
from device_agents.doctor.noise import CANONICAL_OPS, NoiseNotMeasured, canonical_jobs, measure_noise
from device_agents.stopwatch.instruments import SystemClock
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import LeasedJob
from tests.fake_worker import QUICK, UNSUPPORTED, job, launcher
from tests.unit.device_agents.doctor.noise_floors import ScriptedLauncher

FAST = TimingRules(min_sample_ms=0.01, max_timer_share=0.5, max_resolution_share=1, max_s=0.05, min_s=0, patience_s=0.2)


def order(*jobs: LeasedJob) -> MeasureOrder:
    return MeasureOrder(conditions=Conditions(runtime="fake"), jobs=jobs or (job(QUICK), job(QUICK, 1)))


def steps() -> tuple[list[None], Callable[[], None]]:
    taken: list[None] = []
    return taken, lambda: taken.append(None)


def test_every_repeat_is_a_fresh_process_with_an_order_of_its_own() -> None:
    scripted, (taken, on_step) = ScriptedLauncher(1.0, 1.0, 1.0), steps()
    measure_noise(scripted, order(), SystemClock(), on_step, repeats=3)
    assert len({asked.seed for asked in scripted.orders}) == 3
    assert len(taken) == 3


def test_the_floor_is_how_far_two_sessions_differ() -> None:
    noise = measure_noise(ScriptedLauncher(1.0, 1.04), order(), SystemClock(), lambda: None, repeats=2)
    assert noise.between == pytest.approx(1 - 1 / 1.04)
    assert noise.within == 0
    assert noise.complaints == ()


def test_one_session_out_of_five_shows_in_the_ninetieth_percentile_alone() -> None:
    scripted = ScriptedLauncher(1.0, 1.0, 1.0, 1.0, 1.5)
    noise = measure_noise(scripted, order(), SystemClock(), lambda: None, repeats=5)
    assert noise.between == 0
    assert noise.between_p90 > 0.3


def test_what_disturbed_the_samples_is_told() -> None:
    scripted = ScriptedLauncher(1.0, 1.0, verdict="noisy", disturbed=3)
    noise = measure_noise(scripted, order(), SystemClock(), lambda: None, repeats=2)
    assert noise.disturbed_share == pytest.approx(0.3)
    assert (noise.foreign_load, noise.steal_share) == (0.5, None)
    assert (noise.verdicts, noise.complaints) == ({"noisy": 4}, ("the host was busy",))


def test_a_workload_that_fails_is_an_error_that_says_why() -> None:
    with pytest.raises(NoiseNotMeasured, match="no such op"):
        measure_noise(launcher(), order(job(UNSUPPORTED)), SystemClock(), lambda: None, repeats=2)


def test_real_children_give_a_floor() -> None:
    real: Launcher = launcher()
    wanted = order(job(QUICK)).model_copy(update={"rules": FAST})
    noise = measure_noise(real, wanted, SystemClock(), lambda: None, repeats=2)
    assert noise.between >= 0
    assert noise.timer_cost_ns > 0


def test_the_canonical_ops_are_jobs() -> None:
    assert [leased.workload for leased in canonical_jobs()] == list(CANONICAL_OPS)
    assert len({leased.job_id for leased in canonical_jobs()}) == len(CANONICAL_OPS)
