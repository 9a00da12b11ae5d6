import pytest

from device_agents.failures import failure_from
from device_agents.runtimes.base import UnsupportedWorkload, WorkloadOutOfMemory, WorkloadTimedOut


@pytest.mark.parametrize(
    ("error", "error_class", "message"),
    [
        (UnsupportedWorkload("no int8 here"), "unsupported", "no int8 here"),
        (WorkloadOutOfMemory("2 GiB too few"), "out_of_memory", "2 GiB too few"),
        (WorkloadTimedOut("half of the runs"), "timed_out", "half of the runs"),
        (MemoryError(), "out_of_memory", "MemoryError: "),
        (RuntimeError("node 7"), "crashed", "RuntimeError: node 7"),
    ],
)
def test_an_exception_becomes_the_failure_that_it_means(error: Exception, error_class: str, message: str) -> None:
    failure = failure_from(error)
    assert failure.error_class == error_class
    assert failure.message == message


def test_a_very_long_message_fits_into_a_failure() -> None:
    assert len(failure_from(RuntimeError("x" * 100_000)).message) <= 4000
