import pytest

from latency_service.contract.network import workload_key
from latency_service.services.entries import is_zero_key, zero_entry
from tests.service_data import ZERO, op


def test_a_zero_is_known_by_its_key() -> None:
    assert is_zero_key(workload_key(ZERO))
    assert not is_zero_key(workload_key(op(1)))


@pytest.mark.parametrize("member", ["latency_ms", "ci_low_ms", "ci_high_ms", "n"])
def test_a_zero_costs_nothing(member: str) -> None:
    assert getattr(zero_entry(workload_key(ZERO)), member) == 0
