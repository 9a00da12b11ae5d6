"""BenchmarkReport: what TFLite's `benchmark_model` says of its runs.

Source: TensorFlow's tensorflow/lite/tools/benchmark/benchmark_model.cc and benchmark_tflite_model.cc, and
tensorflow/core/util/stats_calculator.h.
"""

import re
from dataclasses import dataclass
from typing import Literal

from latency_service.contract.errors import LatencyError

Share = Literal["whole", "part", "none"]

_COUNT = re.compile(r"\bcount=(\d+)")
_AVERAGE = re.compile(r"Inference \(avg\): ([\d.e+-]+)")
_UNKNOWN_FLAGS = re.compile(r"Unconsumed cmdline flags: (.*)")
_REPLACED = re.compile(
    r"Replacing (?P<nodes>\d+) (?:out of \d+ )?node\(s\) with delegate \((?P<delegate>[^)]+)\) node, "
    r"yielding (?P<partitions>\d+) partitions"
)
_APPLIED = re.compile(
    r"(?:Explicitly applied|Though) (?P<delegate>\w+) delegate.*?will (?P<how>be completely|be partially|not be)\s"
)
_SHARES: dict[str, Share] = {"be completely": "whole", "be partially": "part", "not be": "none"}
_NAMES = {"TfLiteXNNPackDelegate": "XNNPACK", "TfLiteGpuDelegateV2": "GPU", "TfLiteNnapiDelegate": "NNAPI"}
_XNNPACK_MADE = "Created TensorFlow Lite XNNPACK delegate"
_TAIL = 500


class GarbledReport(LatencyError):
    """The tool ended well, and yet said nothing that could be read as timings."""

    code = "garbled_report"


@dataclass(frozen=True)
class BenchmarkReport:
    """The measured runs, warm-up left out.

    Attributes:
        runs: How many.
        average_us: Their mean, microseconds, in six digits.
        delegates: How much of the graph each delegate runs; one that was merely made is not listed.
        xnnpack: Whether XNNPACK runs any of it; None where the tool does not say.
        unknown_flags: Those that this build of the tool ignored, in its words.
    """

    runs: int
    average_us: float
    delegates: dict[str, Share]
    xnnpack: bool | None
    unknown_flags: str = ""

    @property
    def total_ns(self) -> int:
        """Nanoseconds of all the runs together."""
        return round(self.average_us * 1000 * self.runs)


def read_report(text: str) -> BenchmarkReport:
    """Read what the tool printed.

    Raises:
        GarbledReport: It holds no timing.
    """
    counts, averages = _COUNT.findall(text), _AVERAGE.findall(text)
    if not counts or not averages:
        raise GarbledReport(f"benchmark_model printed no timing, but: {text.strip()[-_TAIL:]!r}")
    unknown, delegates = _UNKNOWN_FLAGS.search(text), _delegates(text)
    return BenchmarkReport(
        runs=int(counts[-1]),  # the first count is that of the warm-up
        average_us=float(averages[-1]),
        delegates=delegates,
        xnnpack=_xnnpack(text, delegates),
        unknown_flags=unknown[1].strip() if unknown else "",
    )


def _delegates(text: str) -> dict[str, Share]:
    shares: dict[str, Share] = {}
    for replaced in _REPLACED.finditer(text):
        name = _NAMES.get(replaced["delegate"], replaced["delegate"])
        if int(replaced["nodes"]):
            shares[name] = "whole" if int(replaced["partitions"]) == 1 else "part"
    # NNAPI may take every node and then run none: the tool's own verdict comes last, and counts.
    shares.update({applied["delegate"]: _SHARES[applied["how"]] for applied in _APPLIED.finditer(text)})
    return shares


def _xnnpack(text: str, delegates: dict[str, Share]) -> bool | None:
    if "XNNPACK" in delegates:
        return delegates["XNNPACK"] != "none"
    return None if _XNNPACK_MADE in text else False
