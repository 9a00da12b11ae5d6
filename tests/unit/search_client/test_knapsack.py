"""The knapsack against the enumeration of all its choices."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_client.knapsack import Floats, Row, most_valuable_choices

SMALL_NUMBERS = st.integers(-6, 6)


@st.composite
def knapsacks(draw: st.DrawFn) -> tuple[list[Row], Floats]:
    """Draw rows and limits; whole numbers make ties and limits that are met exactly, sixths do not add up exactly."""
    num_limits, unit = draw(st.integers(1, 3)), draw(st.sampled_from([1.0, 1 / 6]))
    rows = []
    for num_items in draw(st.lists(st.integers(1, 5), min_size=1, max_size=5)):
        numbers = draw(st.lists(SMALL_NUMBERS, min_size=num_items * (num_limits + 1), max_size=num_items * 4))
        values, costs = numbers[:num_items], numbers[num_items : num_items * (num_limits + 1)]
        shape = (num_items, num_limits)
        rows.append(Row(unit * np.array(values, float), unit * np.array(costs, float).reshape(shape)))
    limits = draw(st.lists(st.integers(-12, 20), min_size=num_limits, max_size=num_limits))
    return rows, unit * np.array(limits, float)


def outcome(rows: list[Row], choices: tuple[int, ...]) -> tuple[float, Floats]:
    value = sum(float(row.values[item]) for row, item in zip(rows, choices, strict=True))
    return value, np.sum([row.costs[item] for row, item in zip(rows, choices, strict=True)], axis=0)


def best_by_enumeration(rows: list[Row], limits: Floats) -> float | None:
    outcomes = (outcome(rows, choices) for choices in itertools.product(*(range(len(row.values)) for row in rows)))
    return max((value for value, costs in outcomes if (costs <= limits + 1e-9).all()), default=None)


@settings(max_examples=150, deadline=None)
@given(knapsacks())
def test_no_choice_within_the_limits_is_worth_more(knapsack: tuple[list[Row], Floats]) -> None:
    rows, limits = knapsack
    choices = most_valuable_choices(rows, limits)
    best = best_by_enumeration(rows, limits)
    if choices is None:
        assert best is None
        return
    value, costs = outcome(rows, choices)
    assert (costs <= limits + 1e-9).all()
    assert value == pytest.approx(best)


def test_a_band_of_costs_is_met_where_the_best_choice_lies_outside_of_it() -> None:
    generator = np.random.default_rng(0)
    rows = [Row(generator.normal(size=5), generator.uniform(size=(5, 1))) for _ in range(6)]
    banded = [Row(row.values, np.hstack([row.costs, -row.costs])) for row in rows]
    limits = np.array([3.5, -3.49])
    choices = most_valuable_choices(banded, limits)
    assert choices is not None
    value, costs = outcome(banded, choices)
    assert 3.49 <= costs[0] <= 3.5
    assert value == pytest.approx(best_by_enumeration(banded, limits))


def test_a_network_of_21_blocks_is_found_among_all_of_them() -> None:
    """With costs and values of one kind each, the best is known: as many dear items as the limit has room for."""
    rows = [Row(np.array([0.0, 1.0, 1.5]), np.array([[1.0], [2.0], [4.0]]))] * 21
    choices = most_valuable_choices(rows, np.array([30.5]))
    assert choices is not None
    assert (choices.count(1), choices.count(2)) == (9, 0)


def test_costs_that_are_all_nothing_limit_nothing() -> None:
    assert most_valuable_choices([Row(np.array([1.0, 2.0]), np.zeros((2, 1)))], np.array([0.0])) == (1,)
