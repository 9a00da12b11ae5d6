"""TFLite's `benchmark_model` as a build for tests: it prints what the real one prints, and measures nothing.

Its words are those of the real tool's source and of runs on phones. It is run by the phones of `tests.fake_adb`, whose
folder `faults` says what goes wrong. A test runs it some hundred times, so it imports next to nothing.
"""

# Importing pathlib takes longer than all the rest.
# ruff: noqa: PTH108, PTH110, PTH123, PTH202

import os
import sys
import time

from tests.fake_adb_program import read

_KNOWN = ("graph", "num_threads", "num_runs", "min_secs", "max_secs", "warmup_runs", "warmup_min_secs", "use_xnnpack")
_WITH_DELEGATES = ("use_gpu", "gpu_precision_loss_allowed", "use_nnapi", "nnapi_allow_fp16")
_EXECUTED = "executed by the delegate"
_PADV2 = "Following operations are not supported by GPU delegate:\nPADV2: Operation is not supported."
#: What an op costs: microseconds, and more for each byte of the model.
BASE_US, US_A_BYTE = 150.0, 0.01


def main(*arguments: str) -> int:
    """Be the tool."""
    phone = os.environ["PHONE"]
    count = int(read(f"{phone}/invocations") or "0") + 1
    with open(f"{phone}/invocations", "w") as file:
        file.write(str(count))
    fault = read(f"{phone}/faults/benchmark") if count > int(read(f"{phone}/faults/after") or "0") else ""
    if fault == "linker":
        return _fail('CANNOT LINK EXECUTABLE "benchmark_model": library "libc++_shared.so" not found')
    _say("STARTING!")
    _come_to_grief(fault, phone)
    return _benchmark(arguments, fault, count)


def _say(text: str) -> None:
    sys.stdout.write(f"INFO: {text}\n")


def _fail(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


def _come_to_grief(fault: str, phone: str) -> None:
    sys.stdout.flush()
    if fault == "unplugged":
        os.unlink(f"{phone}/connection")
    if fault == "hangs":
        with open(f"{phone}/running/{os.getpid()}", "w") as file:
            file.write("/data/local/tmp/device-agent/0123")
        time.sleep(600)
    number = {"killed": 9, "crashes": 11}.get(fault)
    if number is not None:
        os.kill(os.getpid(), number)


def _benchmark(arguments: tuple[str, ...], fault: str, seed: int) -> int:
    known = _KNOWN if "--no-delegates" in arguments else _KNOWN + _WITH_DELEGATES
    flags = dict(argument.removeprefix("--").split("=") for argument in arguments if "=" in argument)
    unknown = " ".join(f"--{name}={value}" for name, value in flags.items() if name not in known)
    if unknown:
        _say(f"Unconsumed cmdline flags: {unknown}")
    graph = flags["graph"]
    if not os.path.exists(graph):
        return _fail(f"ERROR: Failed to mmap model {graph}\nERROR: Benchmarking failed.")
    _say(f"Loaded model {graph}")
    _say("Initialized TensorFlow Lite runtime.")
    _apply_delegates({name for name, value in flags.items() if name in known and value == "true"}, flags, fault)
    if fault == "refuses":
        return _fail(f"ERROR: {_PADV2}\nERROR: Failed to apply GPU delegate.\nERROR: Benchmarking failed.")
    if fault != "garbage":
        _print_timings(os.path.getsize(graph), int(flags["num_runs"]), fault, seed)
    return 0


def _apply_delegates(wanted: set[str], flags: dict[str, str], fault: str) -> None:
    for name in ("GPU", "NNAPI"):
        if f"use_{name.lower()}" not in wanted:
            continue
        _say(f"{name} delegate created.")
        if fault != "declines":
            _say(f"Explicitly applied {name} delegate, and the model graph will be completely {_EXECUTED}.")
            return
        _say(f"Though {name} delegate is explicitly applied, the model graph will not be {_EXECUTED}.")
    if flags.get("use_xnnpack") == "false":
        return
    _say("Created TensorFlow Lite XNNPACK delegate for CPU.")
    if "use_xnnpack" in wanted:
        how = f"the model graph will be partially {_EXECUTED} w/ 2 delegate kernels"
        _say(f"Explicitly applied XNNPACK delegate, and {how}.")
    else:
        how = "node, yielding 1 partitions for subgraph 0"
        sys.stdout.write(f"VERBOSE: Replacing 3 out of 3 node(s) with delegate (TfLiteXNNPackDelegate) {how}.\n")


def _print_timings(model_bytes: int, runs: int, fault: str, seed: int) -> None:
    noise = 1 + (seed * 7919 % 100 - 50) * 1e-4
    average = (BASE_US + US_A_BYTE * model_bytes) * noise
    done = max(1, runs // 2) if fault == "slow" and runs > 1 else runs
    _say(f"The input model file size (MB): {model_bytes / 1e6:g}")
    _say("Initialized session in 2.1ms.")
    _say("Running benchmark for at least 1 iterations and at least 0.1 seconds but terminate if exceeding 20 s.")
    _say(f"count=9 first={average * 3:.0f} curr={average:.0f} {_spread(average * 1.5)}\n")
    _say(f"Running benchmark for at least {runs} iterations and at least 0 seconds but terminate if exceeding 20 s.")
    _say(f"count={done} first={average:.0f} {_spread(average)}\n" if done > 1 else f"count=1 curr={average:.0f}\n")
    _say(
        f"Inference timings in us: Init: 2100, First inference: {average * 3:.0f}, "
        f"Warmup (avg): {average * 1.5:g}, Inference (avg): {average:g}"
    )


def _spread(average: float) -> str:
    return f"min={average * 0.9:.0f} max={average * 1.1:.0f} avg={average:g} std=3"
