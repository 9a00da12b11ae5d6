from itertools import permutations

import numpy as np
import pytest

from latency_service.modelling.features import Matrix
from latency_service.modelling.informative import most_informative


def left_after(covariance: Matrix, measured: tuple[int, ...], noise: float) -> Matrix:
    """Return the ops' variances once some are measured, by conditioning on all of them at once."""
    kept = list(measured)
    among = covariance[np.ix_(kept, kept)] + noise * np.eye(len(kept))
    told = covariance[:, kept]
    return np.asarray(np.diag(covariance - told @ np.linalg.solve(among, told.T)))


def test_the_op_that_tells_of_all_others_is_measured_first() -> None:
    """Op 0 goes with 1, 2 and 3; op 4 is alone, and no less uncertain."""
    covariance = np.eye(5)
    covariance[0, 1:4] = covariance[1:4, 0] = 0.55
    choices = most_informative(covariance, [1.0] * 5, noise=0.01, count=2)
    assert choices[0].place == 0


def test_a_large_op_is_measured_before_a_small_one() -> None:
    assert most_informative(np.eye(3), [1.0, 100.0, 4.0], 0.01, 3)[0].place == 1


def test_each_choice_is_the_best_next_one_and_says_what_is_left() -> None:
    factors = np.random.default_rng(0).normal(size=(6, 4))
    covariance, worth = factors @ factors.T + 0.1 * np.eye(6), np.array([1.0, 2.0, 3.0, 1.0, 2.0, 0.5])
    choices = most_informative(covariance, worth.tolist(), 0.05, 3)
    measured: tuple[int, ...] = ()
    for choice in choices:
        left = {
            place: float(worth @ left_after(covariance, (*measured, place), 0.05))
            for place in range(6)
            if place not in measured
        }
        assert choice.place == min(left, key=lambda place: left[place])
        assert choice.remaining == pytest.approx(left[choice.place] / (worth @ np.diag(covariance)))
        measured += (choice.place,)


def test_what_is_measured_already_counts_as_if_it_had_been_chosen_first() -> None:
    factors = np.random.default_rng(1).normal(size=(7, 4))
    covariance, worth = factors @ factors.T + 0.1 * np.eye(7), [1.0] * 7
    places = [choice.place for choice in most_informative(covariance, worth, 0.05, 7)]
    for given in range(8):
        later = most_informative(covariance, worth, 0.05, 7, given=places[:given])
        assert [choice.place for choice in later] == places[given:]


def test_no_op_is_named_twice_however_many_are_asked_for() -> None:
    places = [choice.place for choice in most_informative(np.eye(4), [1.0] * 4, 0.01, 10)]
    assert tuple(sorted(places)) in set(permutations(range(4), 4))


def test_where_nothing_is_uncertain_nothing_remains() -> None:
    assert [choice.remaining for choice in most_informative(np.zeros((2, 2)), [1.0, 1.0], 0.01, 2)] == [0.0, 0.0]
