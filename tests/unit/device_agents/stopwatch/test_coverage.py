"""The stopwatch's promise, on simulated hosts of every kind; `python -m benchmarks stopwatch` prints the same table."""

import pytest

from benchmarks.host_kinds import KINDS, HostKind
from benchmarks.stopwatch import simulate

SIMULATIONS = 1000
FEW = 200
#: Of a true share of 5 %, one draw of FEW trials in a thousand lies above this.
MOST_MISLED = 0.105


def names(kind: HostKind) -> str:
    return kind.name


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.is_stationary], ids=names)
def test_the_interval_of_a_steady_host_covers_the_truth_as_often_as_it_says(kind: HostKind) -> None:
    account = simulate(kind, SIMULATIONS)
    assert 0.93 <= account.coverage <= 0.97
    assert account.share("unfit", "failed") == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.is_stationary], ids=names)
def test_a_host_that_changes_is_not_called_ok_unless_the_interval_holds_the_truth(kind: HostKind) -> None:
    assert simulate(kind, FEW).misled <= MOST_MISLED


def test_the_seed_is_that_of_the_kind() -> None:
    assert simulate(KINDS[0], 16) == simulate(KINDS[0], 16)
