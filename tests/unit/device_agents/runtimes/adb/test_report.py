import re

import pytest

from device_agents.runtimes.adb.report import GarbledReport, read_report

# As a build of 2023 prints it.
NEW = """INFO: STARTING!
INFO: Use xnnpack: [1]
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
INFO: XNNPACK delegate created.
INFO: Explicitly applied XNNPACK delegate, and the model graph will be partially executed by the delegate w/ 1 \
delegate kernels.
INFO: Initialized session in 614.333ms.
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
INFO: count=1 curr=905463 p5=905463 median=905463 p95=905463

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
INFO: count=50 first=900416 curr=898333 min=898007 max=906121 avg=899641 std=1549 p5=898333 median=899281 p95=904305

INFO: Inference timings in us: Init: 614333, First inference: 905463, Warmup (avg): 905463, Inference (avg): 899641
"""
# As a build of 2020 prints it.
OLD = """STARTING!
Loaded model quicknet.tflite
count=12 first=156677 curr=33205 min=32578 max=156677 avg=43268.1 std=34197

count=50 first=33228 curr=33130 min=32687 max=33239 avg=33071.8 std=129

Inference timings in us: Init: 3501, First inference: 156677, Warmup (avg): 43268.1, Inference (avg): 33071.8
"""
TIMING = "INFO: count=2 first=5 curr=6 min=5 max=6 avg=5.5 std=0\nINFO: Inference timings in us: Inference (avg): 5.5\n"
REPLACED = "VERBOSE: Replacing {} node(s) with delegate ({}) node, yielding {} partitions for the whole graph.\n"


def test_the_measured_runs_are_read_and_not_the_warm_up() -> None:
    report = read_report(NEW)
    assert (report.runs, report.average_us, report.total_ns) == (50, 899641.0, 50 * 899641000)


def test_an_older_builds_words_are_read_too() -> None:
    report = read_report(OLD)
    assert (report.runs, report.average_us) == (50, 33071.8)
    assert report.xnnpack is False


def test_runs_that_all_took_the_same_have_no_average_in_their_own_line() -> None:
    counts = "INFO: count=9 curr=7(all same)\nINFO: count=300 curr=5(all same)\n"
    assert read_report(f"{counts}INFO: Inference timings in us: Inference (avg): 5").total_ns == 1_500_000


def test_an_average_of_many_seconds_is_printed_with_an_exponent() -> None:
    text = TIMING.replace("Inference (avg): 5.5", "Inference (avg): 9.99242e+06")
    assert read_report(text).average_us == 9_992_420


@pytest.mark.parametrize("text", ["", "hello", "INFO: count=50 avg=1", "Inference (avg): 5.5"])
def test_an_output_without_timings_is_garbled_and_quoted(text: str) -> None:
    with pytest.raises(GarbledReport, match=re.escape(repr(text))):
        read_report(text)


@pytest.mark.parametrize(
    ("line", "delegates", "xnnpack"),
    [
        (NEW.splitlines()[4] + "\n", {"XNNPACK": "part"}, True),
        (REPLACED.format("64 out of 64", "TfLiteXNNPackDelegate", 1), {"XNNPACK": "whole"}, True),
        (REPLACED.format("539 out of 548", "TfLiteXNNPackDelegate", 19), {"XNNPACK": "part"}, True),
        (REPLACED.format("117", "TfLiteXNNPackDelegate", 2), {"XNNPACK": "part"}, True),
        (REPLACED.format("0 out of 3", "TfLiteXNNPackDelegate", 1), {}, False),
        ("INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n", {}, None),
        ("", {}, False),
        (
            "INFO: Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate.\n",
            {"GPU": "whole"},
            False,
        ),
    ],
)
def test_delegates_are_known_by_what_they_run(line: str, delegates: dict[str, str], xnnpack: bool | None) -> None:
    report = read_report(line + TIMING)
    assert report.delegates == delegates
    assert report.xnnpack is xnnpack


def test_a_delegate_that_took_nodes_and_runs_none_runs_none() -> None:
    declined = (
        "INFO: Though NNAPI delegate is explicitly applied, the model graph will not be executed by the delegate.\n"
    )
    text = REPLACED.format("31 out of 31", "TfLiteNnapiDelegate", 1) + declined + TIMING
    assert read_report(text).delegates == {"NNAPI": "none"}


def test_flags_that_the_build_ignored_are_told() -> None:
    text = "WARN: Unconsumed cmdline flags: --use_gpu=true --x=1\n" + TIMING
    assert read_report(text).unknown_flags == "--use_gpu=true --x=1"
