"""Which ops to measure next."""

import pytest

from latency_service.contract.errors import InvalidKey, TableNotFound
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Advice, AdviceRequest
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from latency_service.contract.ops import OpSpec
from latency_service.services import advising
from latency_service.services.predicting import Predictor
from latency_service.services.table_models import TableModels
from tests.contract.service import Service
from tests.contract.simulated_device import measure
from tests.service_data import ZERO
from tests.simulated_ops import block, blocks

CLASSIFIER = WorkloadKey("v1-classifier-7x7x1280-out1000")


def advise(service: Service, table_id: str, *wanted: str, limit: int = 10) -> Advice:
    predictor = Predictor(service.database, service.tables, TableModels(2**24))
    request = AdviceRequest(ops=tuple(map(WorkloadKey, wanted)), limit=limit)
    return advising.advise(predictor, table_id, request)


def keys_of(ops: list[OpSpec]) -> list[str]:
    return [format_key(op) for op in ops]


def test_of_ops_far_from_all_that_is_timed_one_is_measured_first(service: Service) -> None:
    """Three ops lie between those timed; a large one lies far off: it is the one whose error is large."""
    table_id = measure(service, blocks())
    near: list[OpSpec] = [block(10, 20, 3, 3), block(10, 32, 5, 6), block(20, 20, 5, 3)]
    far = block(56, 96, 7, 6)
    advice = advise(service, table_id, *keys_of([*near, far]))
    assert advice.lacking == 4
    assert advice.ops[0].workload == workload_key(far)
    shares = [each.remaining or 0.0 for each in advice.ops]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] < 0.5


def test_what_occurs_often_counts_for_more(service: Service) -> None:
    table_id = measure(service, blocks())
    one, other = keys_of([block(10, 20, 3, 3), block(20, 32, 3, 3)])
    assert advise(service, table_id, one, other).ops[0].workload == other
    first = advise(service, table_id, other, *[one] * 200).ops[0]
    assert (first.workload, first.occurrences) == (one, 200)


def test_predictions_come_with_the_advice(service: Service) -> None:
    (first,) = advise(service, measure(service, blocks()), format_key(block(10, 20, 3, 3))).ops
    assert first.latency_ms is not None
    assert first.ci_low_ms is not None
    assert first.ci_high_ms is not None
    assert first.ci_low_ms <= first.latency_ms <= first.ci_high_ms


def test_what_cannot_be_predicted_comes_first_and_says_why(service: Service) -> None:
    table_id = measure(service, blocks())
    advice = advise(service, table_id, format_key(block(10, 20, 3, 3)), CLASSIFIER)
    first = advice.ops[0]
    assert (first.workload, first.reason, first.latency_ms) == (CLASSIFIER, "the table has no classifier", None)


def test_of_a_table_with_too_few_rows_all_is_to_be_measured(service: Service) -> None:
    table_id = measure(service, blocks()[:5])
    wanted = keys_of([*blocks()])
    advice = advise(service, table_id, *wanted, limit=7)
    assert (advice.lacking, [each.workload for each in advice.ops]) == (49, wanted[5:12])
    assert {each.reason for each in advice.ops} == {"5 op(s) are timed, and a latency model needs 20"}


def test_the_profile_request_measures_what_is_advised(service: Service) -> None:
    table_id = measure(service, blocks())
    lacking: list[OpSpec] = [block(10, 20, 3, 3), block(20, 20, 3, 3), block(40, 20, 3, 3)]
    advice = advise(service, table_id, *keys_of(lacking), limit=2)
    assert len(advice.ops) == 2
    assert advice.profile_request is not None
    measured = {workload_key(workload) for workload in advice.profile_request.workloads}
    assert measured == {each.workload for each in advice.ops}
    service.measure(advice.profile_request.workloads)
    service.clock.advance(2)
    assert advise(service, table_id, *keys_of(lacking)).lacking == 1


def test_where_nothing_is_lacking_there_is_no_advice(service: Service) -> None:
    table_id = measure(service, blocks())
    advice = advise(service, table_id, *keys_of([*blocks()]), workload_key(ZERO))
    assert (advice.lacking, advice.ops, advice.profile_request) == (0, (), None)


def test_networks_are_refused(service: Service) -> None:
    network = NetworkSpec(ops=(block(10, 20, 3, 3),))
    with pytest.raises(InvalidKey):
        advise(service, measure(service, blocks()), workload_key(network))


def test_an_unknown_table_is_not_found(service: Service) -> None:
    with pytest.raises(TableNotFound):
        advise(service, "nothing", CLASSIFIER)
