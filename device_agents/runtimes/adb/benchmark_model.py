"""BenchmarkModel: TFLite's `benchmark_model` on a phone, one invocation a sample."""

import hashlib
import re
from pathlib import PurePosixPath

from device_agents.runtimes.adb.client import Adb, Completed, PhoneSilent, quoted
from device_agents.runtimes.adb.folder import PhoneFolder
from device_agents.runtimes.adb.report import BenchmarkReport, read_report
from device_agents.runtimes.base import DeviceAway, WorkloadOutOfMemory, WorkloadTimedOut
from device_agents.runtimes.settings import PhoneSettings
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import LatencyError

#: Each invocation is a process of its own: it warms its caches, and gives the governor time to raise the clock.
_WARM_UP = ("--warmup_runs=1", "--warmup_min_secs=0.1")
_STARTED = "STARTING!"
_SIGNAL_BASE = 128
_KILLED = _SIGNAL_BASE + 9
_MODEL_GONE = "Failed to mmap model"
_TAIL = 800
_RAISE = "raise the phone's `timeout_s`"


class BenchmarkRefused(RuntimeError):
    """The tool gave up on the model, in its own words."""


class BenchmarkCrashed(LatencyError):
    """The tool was ended by a signal."""

    code = "benchmark_crashed"


class BenchmarkModel:
    """The tool on one phone; made, it lies there and can be run.

    Args:
        phone: Which phone, which build of the tool, and how to run it.

    Raises:
        DeviceAway: The phone cannot be reached or used, or this host has no such build.
    """

    def __init__(self, phone: PhoneSettings) -> None:
        self._phone = phone
        self.adb = Adb(phone)
        self.version = tool_version(phone)
        self.folder = PhoneFolder(self.adb, phone.folder)
        self.folder.make()
        self._program = self.folder.put(phone.benchmark_model, mode="755")

    def run(self, model: PurePosixPath, runs: int, conditions: Conditions) -> BenchmarkReport:
        """Run a model so many times in a fresh process.

        Raises:
            BenchmarkRefused: The tool cannot run the model.
            BenchmarkCrashed: It crashed.
            GarbledReport: It printed no timing.
            WorkloadOutOfMemory: Android killed it.
            WorkloadTimedOut: The runs take longer than the phone's `timeout_s` allows.
            DeviceAway: The phone cannot be reached or used.
        """
        done = self._call(quoted(*self._command(model, runs, conditions)))
        if done.exit_code != 0:
            raise self._failure(done)
        report = read_report(done.said)
        if report.runs != runs:
            raise WorkloadTimedOut(f"only {report.runs} of {runs} runs ended within {self._max_s:g} s; {_RAISE}")
        return report

    @property
    def _max_s(self) -> float:
        """The tool ends warm-up and runs by itself before adb is given up."""
        return self._phone.timeout_s / 3

    def _command(self, model: PurePosixPath, runs: int, conditions: Conditions) -> tuple[object, ...]:
        pinned = ("taskset", self._phone.taskset_mask) if self._phone.taskset_mask else ()
        length = (f"--num_runs={runs}", "--min_secs=0", f"--max_secs={self._max_s:g}")
        workload = (f"--graph={model}", f"--num_threads={conditions.threads}")
        return (*pinned, self._program, *workload, *length, *_WARM_UP, *backend_flags(conditions))

    def _call(self, command: str) -> Completed:
        try:
            return self.adb.shell(command)
        except PhoneSilent as error:
            self.folder.end_programs()  # where the phone answers this, the workload was what hung
            raise WorkloadTimedOut(f"{error} ({_RAISE})") from error

    def _failure(self, done: Completed) -> Exception:
        if _STARTED not in done.said or _MODEL_GONE in done.said:
            return self.adb.failed(done)
        tail = done.said.strip()[-_TAIL:]
        if done.exit_code == _KILLED:
            return WorkloadOutOfMemory(f"Android killed benchmark_model, which it does where memory runs low: {tail}")
        if done.exit_code > _SIGNAL_BASE:
            return BenchmarkCrashed(f"benchmark_model was ended by signal {done.exit_code - _SIGNAL_BASE}: {tail}")
        errors = re.findall(r"^(?:ERROR|FATAL): (.*)", done.said, re.MULTILINE)
        return BenchmarkRefused("; ".join(errors) or tail)


def tool_version(phone: PhoneSettings) -> str:
    """Return the first 12 hex digits of the SHA-256 of the phone's build of the tool; it tells no other version.

    Raises:
        DeviceAway: This host has no such file.
    """
    try:
        return hashlib.sha256(phone.benchmark_model.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise DeviceAway(
            f"phone {phone.serial}: no benchmark_model to push ({error}); download TFLite's build for its "
            "architecture, and set `benchmark_model` to where it is"
        ) from error


def backend_flags(conditions: Conditions) -> tuple[str, ...]:
    """Return the flags that make the tool run on a backend, with the arithmetic that the precision asks for."""
    half = str(conditions.precision == "fp16").lower()
    flags = {
        "cpu": (),  # what this build of TFLite does by itself
        "builtin": ("--use_xnnpack=false",),
        "xnnpack": ("--use_xnnpack=true",),
        "gpu": ("--use_gpu=true", f"--gpu_precision_loss_allowed={half}"),
        "nnapi": ("--use_nnapi=true", f"--nnapi_allow_fp16={half}"),
    }
    return flags[conditions.backend]
