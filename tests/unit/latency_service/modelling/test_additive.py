import numpy as np
import pytest

from latency_service.modelling.additive import fit_prices, log_latencies
from latency_service.modelling.features import COSTS, SURCHARGES, cost_matrix
from tests.simulated_ops import blocks, true_ms


def test_prices_of_a_device_whose_layers_add_up_are_found() -> None:
    ops = blocks()
    costs, latencies = cost_matrix(ops), np.array([true_ms(op) for op in ops])
    prices = fit_prices(costs, latencies)
    assert dict(zip(COSTS, prices, strict=True))["pointwise_macs"] == pytest.approx(1e-8, rel=1e-3)
    assert np.exp(log_latencies(costs, prices[None, :], 0.01))[:, 0] == pytest.approx(latencies, rel=1e-6)


def test_a_window_that_was_never_timed_costs_what_others_do() -> None:
    ops = [op for op in blocks() if op.kernel_size < 7]
    unseen = [op for op in blocks() if op.kernel_size == 7]
    prices = fit_prices(cost_matrix(ops), np.array([true_ms(op) for op in ops]), SURCHARGES)
    found = np.exp(log_latencies(cost_matrix(unseen), prices[None, :], 0.01))[:, 0]
    assert found == pytest.approx(np.array([true_ms(op) for op in unseen]), rel=0.02)


def test_no_work_has_a_price_below_zero() -> None:
    prices = fit_prices(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]), np.array([3.0, 2.0, 1.0]))
    assert (prices >= 0).all()


def test_large_and_small_ops_weigh_alike() -> None:
    """Errors are relative: of two ops that one price cannot serve, the large one does not win."""
    (price,) = fit_prices(np.array([[1.0], [100.0]]), np.array([1.0, 200.0]))
    assert price == pytest.approx((1 / 1 + 100 / 200) / (1 + 0.25))


def test_work_that_nobody_paid_for_is_not_free_of_time() -> None:
    found = log_latencies(np.array([[0.0]]), np.array([[1.0]]), cheapest_ms=0.5)
    assert np.exp(found[0, 0]) == pytest.approx(0.005)
