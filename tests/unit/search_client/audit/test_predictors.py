from itertools import product

import pytest
from scipy.optimize import minimize_scalar

from latency_service.contract.keys import format_key
from latency_service.contract.messages import Correction, NetworkError, Snapshot
from latency_service.contract.network import WorkloadKey
from search_client.audit.predictors import fit_scale, predict
from tests.unit.search_client.audit.simulated_service import CONTEXT, SimulatedService
from tests.unit.search_client.small_space import made_up_ms, small_space

SPACE = small_space()
OWN = SPACE.blocks[0].candidates[0]
FACTORS = {WorkloadKey(format_key(OWN)): 2.0}


def snapshot() -> Snapshot:
    return SimulatedService(SPACE).snapshot


def correction() -> Correction:
    error = NetworkError(mape_percent=1.0, rmse_ms=0.1, kendall=0.9)
    return Correction(
        method="class_and_op",
        scale=1.1,
        factors=FACTORS,
        intercept_ms=0.25,
        anchors=(WorkloadKey("a"), WorkloadKey("b")),
        held_out=error,
        naive=error,
        additivity="additive",
    )


def test_all_networks_of_a_space_are_predicted_as_brute_force_has_it() -> None:
    for choices in product(*(range(len(block.candidates)) for block in SPACE.blocks)):
        network = SPACE.network(choices)
        found = predict(snapshot(), network, 1.2, correction())
        entries = {op: CONTEXT * made_up_ms(op) for op in network.ops}
        assert found["isolated"] == pytest.approx(sum(made_up_ms(op) for op in network.ops))
        assert found["in_context"] == pytest.approx(sum(entries[op] for op in network.ops))
        assert found["scale"] == pytest.approx(1.2 * sum(entries[op] for op in network.ops))
        full = 0.25 + sum((2.0 if op == OWN else 1.1) * entries[op] for op in network.ops)
        assert found["full"] == pytest.approx(full)


def test_what_was_not_fitted_predicts_nothing() -> None:
    network = SPACE.network([0, 0, 0])
    assert list(predict(snapshot(), network, None, None)) == ["isolated", "in_context"]
    assert list(predict(snapshot(), network, 1.2, None)) == ["isolated", "in_context", "scale"]


def test_an_op_that_was_timed_alone_counts_so_in_both_sums() -> None:
    alone = snapshot().model_copy(
        update={
            "ops": tuple(
                each.model_copy(update={"placement": "isolated", "isolated_ms": None}) for each in snapshot().ops
            )
        }
    )
    found = predict(alone, SPACE.network([0, 0, 0]), None, None)
    assert found["isolated"] == found["in_context"]


def test_the_scale_makes_relative_errors_small() -> None:
    networks = [SPACE.network(choices) for choices in ([0, 0, 0], [1, 2, 3], [5, 5, 5])]
    sums = [predict(snapshot(), network, None, None)["in_context"] for network in networks]
    measured = [1.3 * sums[0], 0.9 * sums[1], 1.1 * sums[2]]

    def squares(scale: float) -> float:
        return sum((scale * each / target - 1) ** 2 for each, target in zip(sums, measured, strict=True))

    found = fit_scale(snapshot(), list(zip(networks, measured, strict=True)))
    assert found == pytest.approx(minimize_scalar(squares).x)
    assert fit_scale(snapshot(), []) is None
