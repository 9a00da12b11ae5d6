import numpy as np
import pytest

from latency_service.contract.errors import InvalidInput
from latency_service.modelling.features import Matrix
from latency_service.modelling.model import Prediction
from latency_service.modelling.transfer.shares import TooFewTables
from latency_service.modelling.transfer.transfer import Transfer
from tests.simulated_devices import devices
from tests.simulated_ops import blocks

OPS = blocks(sizes=(7, 14, 28), channels=(16, 24))


def errors(predictions: list[Prediction], truth: Matrix, measured: list[int]) -> Matrix:
    rest = [place for place in range(len(truth)) if place not in measured]
    return np.array([abs(predictions[place].latency_ms / truth[place] - 1) for place in rest])


def predicted(transfer: Transfer, truth: Matrix, places: list[int]) -> list[Prediction]:
    return transfer.predict({place: float(truth[place]) for place in places})


def test_a_device_like_others_is_known_from_a_few_ops() -> None:
    tables = devices(OPS, 9, seed=5)
    transfer, truth = Transfer(OPS, tables[:8]), tables[8]
    found = {}
    for count in (1, 3, 10, 20):
        places = transfer.informative(count)
        found[count] = float(errors(predicted(transfer, truth, places), truth, places).mean())
    assert found[1] > 2 * found[10]
    assert found[20] < 0.05  # an op is off by 2.2 % on its own


def test_intervals_hold_nine_of_ten_ops_of_new_devices() -> None:
    held, widths = [], []
    for seed in range(12):
        tables = devices(OPS, 10, seed=100 + seed)
        transfer, truth = Transfer(OPS, tables[:9]), tables[9]
        places = transfer.informative(8)
        predictions = predicted(transfer, truth, places)
        rest = [place for place in range(len(OPS)) if place not in places]
        held += [predictions[place].low_ms <= truth[place] <= predictions[place].high_ms for place in rest]
        widths += [(predictions[p].high_ms - predictions[p].low_ms) / 2 / truth[p] for p in rest]
    assert 0.86 <= np.mean(held) <= 0.97
    assert np.median(widths) < 0.15


def test_informative_ops_tell_more_than_random_ones() -> None:
    drawn, chosen, random = np.random.default_rng(0), [], []
    for seed in range(4):
        tables = devices(OPS, 9, seed=200 + seed)
        transfer, truth = Transfer(OPS, tables[:8]), tables[8]
        places = transfer.informative(5)
        chosen.append(errors(predicted(transfer, truth, places), truth, places).mean())
        for _ in range(5):
            others = drawn.choice(len(OPS), 5, replace=False).tolist()
            random.append(errors(predicted(transfer, truth, others), truth, others).mean())
    assert np.mean(chosen) < np.mean(random)


def test_what_was_measured_is_what_was_measured() -> None:
    transfer = Transfer(OPS, devices(OPS, 4, seed=1))
    predictions = transfer.predict({3: 7.5, 0: 2.5})
    assert (predictions[3].low_ms, predictions[3].latency_ms, predictions[3].high_ms) == pytest.approx((7.5, 7.5, 7.5))
    assert predictions[0].latency_ms == pytest.approx(2.5)
    assert all(0 <= each.low_ms <= each.latency_ms <= each.high_ms for each in predictions)


def test_amounts_that_were_fitted_before_give_the_very_same_predictions() -> None:
    tables = devices(OPS, 5, seed=2)
    fitted = Transfer(OPS, tables)
    again = Transfer(OPS, tables, fitted.amounts)
    assert again.predict({1: 0.7, 8: 2.0}) == fitted.predict({1: 0.7, 8: 2.0})
    assert again.informative(6) == fitted.informative(6)


def test_tables_may_lack_ops() -> None:
    tables = devices(OPS, 7, seed=3)
    truth = tables[6]
    gaps = tables[:6].copy()
    gaps[np.random.default_rng(0).random(gaps.shape) < 0.2] = np.nan
    transfer = Transfer(OPS, gaps)
    places = transfer.informative(10)
    assert errors(predicted(transfer, truth, places), truth, places).mean() < 0.15


def test_too_little_is_refused() -> None:
    tables = devices(OPS, 3, seed=4)
    with pytest.raises(InvalidInput, match="nothing was measured"):
        Transfer(OPS, tables).predict({})
    tables[1:, 5] = np.nan
    with pytest.raises(TooFewTables, match="measure them"):
        Transfer(OPS, tables)
