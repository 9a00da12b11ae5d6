import numpy as np
import pytest

from latency_service.modelling.features import Matrix
from latency_service.modelling.transfer.shares import TooFewTables, shares_of

LOGS = np.random.default_rng(0).normal(size=(4, 6))


def with_gaps() -> Matrix:
    logs = LOGS.copy()
    logs[0, 1] = logs[2, 1] = logs[3, 4] = np.nan
    return logs


def chained() -> Matrix:
    """Return 12 tables of two ops each, of which each has one in common with the next."""
    logs = np.full((12, 12), np.nan)
    for table in range(12):
        logs[table, [table, (table + 1) % 12]] = np.random.default_rng(table).normal(size=2)
    return logs


def by_least_squares(logs: Matrix) -> tuple[Matrix, Matrix]:
    """Return levels and effects as numpy finds them, the effects 0 on average."""
    tables, ops = logs.shape
    rows, columns = np.nonzero(np.isfinite(logs))
    design = np.zeros((len(rows) + 1, tables + ops))
    design[np.arange(len(rows)), rows] = design[np.arange(len(rows)), tables + columns] = 1
    design[-1, tables:] = 1
    found = np.linalg.lstsq(design, np.append(logs[rows, columns], 0.0), rcond=None)[0]
    return found[:tables], found[tables:]


@pytest.mark.parametrize("logs", [LOGS, with_gaps(), chained()], ids=["whole", "with gaps", "chained"])
def test_they_are_the_least_squares_fit(logs: Matrix) -> None:
    found = shares_of(logs)
    levels, effects = by_least_squares(logs)
    assert found.levels == pytest.approx(levels, abs=1e-6)
    assert found.effects == pytest.approx(effects, abs=1e-6)
    known = np.isfinite(logs)
    rebuilt = found.levels[:, None] + found.effects + found.own
    assert rebuilt[known] == pytest.approx(logs[known])
    assert not found.own[~known].any()


def test_without_a_table_they_are_those_of_the_others() -> None:
    logs = with_gaps()
    found, expected = shares_of(logs).without(0), shares_of(logs[1:])
    for name in ("levels", "effects", "own", "known"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-6), name


def test_an_op_that_one_table_alone_knows_is_refused() -> None:
    logs = LOGS.copy()
    logs[:3, 2] = np.nan
    with pytest.raises(TooFewTables, match=r"1 op\(s\) stand in fewer than 2 tables"):
        shares_of(logs)
    with pytest.raises(TooFewTables):
        shares_of(LOGS[:1])
