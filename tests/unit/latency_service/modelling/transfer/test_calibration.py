import math

import numpy as np
import pytest

from latency_service.modelling.transfer.calibration import spreads_wide


def by_counting(tables: list[list[float]], own: list[float], level: float) -> float:
    """Return the smallest score that has the level's share of the weight at or below it, table for table."""
    groups = [*filter(None, tables), [*own, math.inf]]
    for score in sorted({each for group in groups for each in group}):
        share = sum(sum(each <= score for each in group) / len(group) for group in groups) / len(groups)
        if share >= level - 1e-12:
            return score
    raise AssertionError("infinity holds everything")


TABLES = [[0.5, 1.0, 3.0], [], [2.0], [0.1, 0.2, 0.3, 4.0, 0.4]]


@pytest.mark.parametrize("level", [0.5, 0.7, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("own", [[], [1.5], [0.2, 0.9, 5.0, 0.1]], ids=["none", "one", "four"])
def test_it_is_the_quantile_in_which_each_table_counts_as_one(own: list[float], level: float) -> None:
    found = spreads_wide([np.array(table) for table in TABLES], np.array(own), level)
    assert found == by_counting(TABLES, own, level)


def test_too_few_tables_promise_nothing() -> None:
    ones = [np.ones(50)] * 8
    assert spreads_wide(ones, np.empty(0), 0.9) == math.inf
    assert spreads_wide([*ones, np.ones(1)], np.empty(0), 0.9) == 1.0


def test_what_was_measured_on_the_device_itself_makes_up_for_tables() -> None:
    assert spreads_wide([np.ones(50)] * 3, np.ones(10), 0.9) == 1.0
