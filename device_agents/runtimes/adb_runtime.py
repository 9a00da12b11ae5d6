"""adb: workloads on a phone that this host drives, timed by TFLite's own `benchmark_model` there."""

import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import ClassVar

from device_agents.runtimes.adb.benchmark_model import BenchmarkModel, BenchmarkRefused
from device_agents.runtimes.adb.folder import MODEL_SUFFIX
from device_agents.runtimes.adb.readings import mask_cores, read_phone
from device_agents.runtimes.adb.report import BenchmarkReport
from device_agents.runtimes.base import Array, UnsupportedWorkload
from device_agents.runtimes.engine import engine_failures, require_engine
from device_agents.runtimes.offers import refuse_what_is_not_offered
from device_agents.runtimes.preparation import Preparation, prepare
from device_agents.runtimes.probing import probe_runtime
from device_agents.runtimes.settings import NOTHING_SET, PhoneSettings, RuntimeSettings
from device_agents.stopwatch.subject import Readings
from latency_service.contract.conditions import BackendName, Conditions, Precision
from latency_service.contract.device import Fact, RuntimeStatus
from latency_service.contract.network import Workload

BACKENDS: tuple[BackendName, ...] = ("cpu", "builtin", "xnnpack", "gpu", "nnapi")
_EVERYWHERE: tuple[Precision, ...] = ("fp32", "int8")
#: Which delegate must run at least a part of the graph, lest a timing of the CPU pass for the backend's.
_DELEGATES = {"xnnpack": "XNNPACK", "gpu": "GPU", "nnapi": "NNAPI"}


class AdbRuntime:
    """`benchmark_model` on the phone that this agent's owner has set up.

    Args:
        settings: Holds the phone.
        sleep: Lets the phone cool down, for so many seconds.
    """

    name: ClassVar[str] = "adb"

    def __init__(self, settings: RuntimeSettings = NOTHING_SET, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep

    def probe(self) -> RuntimeStatus:
        """Say whether the phone runs a tiny graph, and on which backends; see `Runtime.probe`."""
        status = probe_runtime(self)
        if not status.available:
            return status
        reasons = {backend: self._why_not_on(backend) for backend in BACKENDS if backend != "cpu"}
        return status.model_copy(update={"backends": {"cpu": None, **reasons}})

    def load(self, workload: Workload, conditions: Conditions, seed: int = 0) -> "LoadedOnPhone":
        """Build the workload's `.tflite`, put it on the phone, and run it there once; see `Runtime.load`."""
        _refuse(conditions, self._phone)
        with engine_failures(self.name, workload, BenchmarkRefused):
            model = self._put_model(workload, conditions, seed)
            report = self._benchmark.run(model, 1, conditions)
        _refuse_what_did_not_run(report, conditions)
        facts = _facts(report, self._benchmark.version, self._phone.taskset_mask, conditions)

        def time_runs(runs: int) -> int:
            self._sleep(self._phone.cool_down_s)
            return self._benchmark.run(model, runs, conditions).total_ns

        def readings() -> Readings:
            return read_phone(self._benchmark.adb, self._phone.taskset_mask)

        return LoadedOnPhone(facts, time_runs, readings)

    @property
    def _phone(self) -> PhoneSettings:
        if self._settings.phone is None:
            raise UnsupportedWorkload("no phone is set up here: add one to `phones` in the agent's settings")
        return self._settings.phone

    @cached_property
    def _benchmark(self) -> BenchmarkModel:
        return BenchmarkModel(self._phone)

    def _why_not_on(self, backend: BackendName) -> str | None:
        """Some accelerators take floats alone, others integers alone."""
        reasons = (
            probe_runtime(self, Conditions(runtime=self.name, backend=backend, precision=precision)).reason
            for precision in _EVERYWHERE
        )
        first = next(reasons)
        return None if first is None or None in reasons else first

    def _put_model(self, workload: Workload, conditions: Conditions, seed: int) -> PurePosixPath:
        require_engine("tflite", extra="agent")
        model = _build(prepare(workload, conditions, seed), conditions)
        with tempfile.NamedTemporaryFile(suffix=MODEL_SUFFIX) as file:
            file.write(model)
            file.flush()
            return self._benchmark.folder.put(Path(file.name), MODEL_SUFFIX)


class LoadedOnPhone:
    """A model on the phone; the tool draws an input of its own at each invocation.

    Args:
        facts: What its first run has shown.
        time_runs: Runs it so many times, and returns the nanoseconds that the tool measured.
        readings: Asks the phone for its clock and temperature.
    """

    def __init__(
        self, facts: dict[str, Fact], time_runs: Callable[[int], int], readings: Callable[[], Readings]
    ) -> None:
        self.facts = facts
        self._time_runs = time_runs
        self._readings = readings

    def next_input(self) -> None:
        """Nothing to copy: the tool draws its input."""

    def run(self) -> None:
        """Run once on the phone."""
        self._time_runs(1)

    def synchronize(self) -> None:
        """Nothing is left to wait for: an invocation ends within `run`."""

    def time_runs(self, runs: int) -> int:
        """Let the phone cool down, run so many times, and return the nanoseconds that `benchmark_model` measured."""
        return self._time_runs(runs)

    def readings(self) -> Readings:
        """Return the phone's clock and temperature."""
        return self._readings()

    def infer(self, images: Array) -> Array:
        """Refuse: the tool shows no outputs.

        Raises:
            UnsupportedWorkload: Always.
        """
        raise UnsupportedWorkload("benchmark_model times a model and shows none of its outputs")

    def close(self) -> None:
        """Nothing to release here; the model leaves the phone before the next batch."""


def _build(prepared: Preparation, conditions: Conditions) -> bytes:
    from device_agents.graphs.tflite_graph import tflite_model
    from device_agents.graphs.tflite_quantized import quantized_tflite_model

    graph, weights, batch_size = prepared.graph, prepared.weights, conditions.batch_size
    if conditions.precision == "int8":
        return quantized_tflite_model(graph, weights, batch_size, prepared.scales)
    return tflite_model(graph, weights, batch_size)


def _refuse(conditions: Conditions, phone: PhoneSettings) -> None:
    precisions = (*_EVERYWHERE, "fp16") if conditions.backend in ("gpu", "nnapi") else _EVERYWHERE
    refuse_what_is_not_offered(conditions, backend=BACKENDS, precision=precisions)
    if conditions.cache_state == "cold":
        raise UnsupportedWorkload("adb offers cache_state 'hot': benchmark_model cannot flush caches between its runs")
    cores = mask_cores(phone.taskset_mask)
    if cores and conditions.threads > len(cores):
        raise UnsupportedWorkload(
            f"{conditions.threads} threads need as many cores, and taskset_mask {phone.taskset_mask!r} has {len(cores)}"
        )


def _refuse_what_did_not_run(report: BenchmarkReport, conditions: Conditions) -> None:
    """A timing that the CPU made in place of the backend is none."""
    if report.unknown_flags:
        raise UnsupportedWorkload(f"this build of benchmark_model does not know {report.unknown_flags}")
    delegate = _DELEGATES.get(conditions.backend)
    if delegate is not None and report.delegates.get(delegate, "none") == "none":
        raise UnsupportedWorkload(f"the {delegate} delegate runs nothing of this graph on this phone")


def _facts(report: BenchmarkReport, version: str, taskset_mask: str, conditions: Conditions) -> dict[str, Fact]:
    return {
        "runtime_version": version,
        "clock": "benchmark_model, microseconds a run",
        "delegates": " ".join(f"{name}:{share}" for name, share in sorted(report.delegates.items())) or None,
        "xnnpack": report.xnnpack,
        "xnnpack_whole_graph": report.xnnpack and report.delegates["XNNPACK"] == "whole",
        "interpreter_threads": conditions.threads,
        "taskset_mask": taskset_mask or None,
        "inputs": 1,
    }
