import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from benchmarks.simulated_hosts import SimulatedHost, SimulatedSubject
from device_agents.child.process import ChildLauncher
from device_agents.devices.phone import PHONE_RULES, PhoneDevice
from device_agents.runtimes.base import DeviceAway
from device_agents.stopwatch.instruments import TimerFacts
from device_agents.stopwatch.rounds import measure_interleaved
from device_agents.stopwatch.rules import TimingRules
from latency_service.contract.measurement import Measurement
from tests.phones import SERIAL, plug_in

#: These concern the host's own clock, caches and cores, which a phone is not measured by.
HOSTS_OWN = {"max_timer_share", "max_resolution_share", "max_sample_ms", "cold_max_s", "max_sibling_load"}
INVOCATION_NS = 900_000_000


class Invocations(SimulatedSubject):
    """A phone's workload: each sample is an invocation, whose mean differs from process to process."""

    invocations = 0
    spread: Iterator[float] = iter(())

    def time_runs(self, runs: int) -> int:
        """Let the invocation's time pass."""
        self.invocations += 1
        duration_ns = round(self.duration_ns(self.runs) * runs * next(self.spread))
        self.host.true_ns += INVOCATION_NS + duration_ns
        return duration_ns


def measure_on_phone(spread: float, **host: float) -> tuple[Measurement, int]:
    """Return a measurement of 0.4 ms by the phone's rules, and how many invocations it took."""
    simulated = SimulatedHost(timer=TimerFacts(cost_ns=40, resolution_ns=1), **host)  # type: ignore[arg-type]
    subject = Invocations(simulated, lambda run: 400_000)
    subject.spread = cycle([1 - spread, 1 + spread, 1 + spread / 2, 1 - spread / 2, 1.0])
    outcomes = dict(measure_interleaved({"op": subject}, PHONE_RULES, simulated.instruments(), random.Random(0)))
    measurement = outcomes["op"]
    assert isinstance(measurement, Measurement)
    return measurement, subject.invocations


def test_every_rule_that_concerns_a_phone_is_chosen_for_it() -> None:
    assert set(TimingRules.model_fields) - PHONE_RULES.model_fields_set == HOSTS_OWN


def test_a_steady_op_takes_some_two_dozen_invocations() -> None:
    measurement, invocations = measure_on_phone(spread=0.005)
    assert measurement.verdict == "ok"
    assert 15 <= invocations <= 25
    assert len(measurement.round_sizes) == PHONE_RULES.min_rounds


def test_a_restless_op_gets_more_invocations_but_well_under_a_minute() -> None:
    measurement, invocations = measure_on_phone(spread=0.06)
    assert len(measurement.round_sizes) > PHONE_RULES.min_rounds
    assert 25 < invocations < 45


def test_what_a_hypervisor_takes_from_the_waiting_host_voids_no_round_of_the_phone() -> None:
    measurement, _ = measure_on_phone(spread=0.005, steal_share=0.2)
    assert (measurement.verdict, measurement.voided_rounds) == ("ok", ())


def test_a_phone_is_a_device_of_its_own(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    device = PhoneDevice(settings)
    assert device.name == f"phone-{SERIAL}"
    assert device.cores == ()
    assert device.runtime_settings.phone == settings
    assert device.rules == PHONE_RULES


def test_its_state_is_the_same_at_every_look(tmp_path: Path) -> None:
    device = PhoneDevice(plug_in(tmp_path)[1])
    assert device.state() == device.state()


def test_another_build_mask_or_governor_is_another_state(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    states = [PhoneDevice(settings).state()]
    states.append(PhoneDevice(settings.model_copy(update={"taskset_mask": "80"})).state())
    (phone.root / "sys/devices/system/cpu/cpu7/cpufreq/scaling_governor").write_text("performance")
    states.append(PhoneDevice(settings).state())
    settings.benchmark_model.write_text("another build")
    states.append(PhoneDevice(settings).state())
    assert len({state.fingerprint for state in states}) == 4


def test_the_child_probes_the_phone(tmp_path: Path) -> None:
    device = PhoneDevice(plug_in(tmp_path)[1])
    statuses = device.probe(ChildLauncher(30.0))
    assert statuses["adb"].available, statuses
    description = device.description(statuses)
    assert (description.operating_system, description.cpu_model) == ("Android 13", "SM-S901B (QTI SM8350)")
    assert description.runtimes == statuses


def test_a_phone_that_is_away_is_told_apart_from_one_that_does_not_work(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    phone.connection = "unauthorized"
    device = PhoneDevice(settings)
    with pytest.raises(DeviceAway, match="confirm its dialog"):
        device.probe(ChildLauncher(30.0))
    with pytest.raises(DeviceAway, match="confirm its dialog"):
        device.state()


def test_a_job_may_use_the_cores_of_the_mask_or_all_that_the_phone_has(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    device = PhoneDevice(settings)
    assert device.max_threads == 1
    device.state()
    assert device.max_threads == 8
    assert PhoneDevice(settings.model_copy(update={"taskset_mask": "f0"})).max_threads == 4
