"""What the table lacks is predicted where that was asked for, says so, and is never stored."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from latency_service.contract.errors import InvalidKey, MissingEntries, TableNotFound
from latency_service.contract.keys import format_key
from latency_service.contract.messages import LatencyAnswer, LookupAnswer, ProfileRequest
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.services.predicting import Predictor
from latency_service.services.table_models import TableModels
from tests.contract.service import Service
from tests.contract.simulated_device import measure
from tests.service_data import CONDITIONS, DEVICE, ZERO, new_id, op, success
from tests.simulated_ops import block, blocks, true_ms

LACKING = block(10, 20, 5, 3)
CLASSIFIER = "v1-classifier-7x7x1280-out1000"


@pytest.fixture
def models() -> TableModels:
    return TableModels(max_bytes=2**24)


@pytest.fixture
def predictor(service: Service, models: TableModels) -> Predictor:
    return Predictor(service.database, service.tables, models)


def look_up(predictor: Predictor, table_id: str, *wanted: str) -> LookupAnswer:
    return LookupAnswer.model_validate_json(predictor.look_up(table_id, wanted))


def test_what_the_table_lacks_is_predicted_with_an_interval_and_says_so(service: Service, predictor: Predictor) -> None:
    table_id = measure(service, blocks())
    (entry,) = look_up(predictor, table_id, format_key(LACKING)).entries
    assert entry.latency_ms == pytest.approx(true_ms(LACKING), rel=0.05)
    assert entry.ci_low_ms is not None
    assert entry.ci_high_ms is not None
    assert entry.ci_low_ms <= entry.latency_ms <= entry.ci_high_ms
    told = (entry.source, entry.n, entry.sessions, entry.measured_at, entry.measurement_id, entry.placement)
    assert told == ("predicted", 0, 0, None, None, "isolated")


def test_what_the_table_has_is_never_predicted(service: Service, predictor: Predictor) -> None:
    table_id, measured = measure(service, blocks()), format_key(blocks()[0])
    wanted = [format_key(LACKING), measured, workload_key(ZERO)]
    found = look_up(predictor, table_id, *wanted)
    assert [entry.workload for entry in found.entries] == wanted
    assert [entry.source for entry in found.entries] == ["predicted", "measured", "definition"]
    assert found.entries[1] == service.look_up(table_id, [measured]).entries[0]


def test_nobody_who_did_not_ask_gets_a_prediction(service: Service, predictor: Predictor) -> None:
    table_id, key = measure(service, blocks()), format_key(LACKING)
    before = service.latest_snapshot(table_id)
    look_up(predictor, table_id, key)
    with pytest.raises(MissingEntries) as raised:
        service.look_up(table_id, [key])
    assert raised.value.extra["missing"] == [key]
    service.measure([op(1)])
    after = service.latest_snapshot(table_id)
    assert {entry.source for entry in after.ops} == {"measured"}
    assert len(after.ops) == len(before.ops) + 1


def test_once_it_is_measured_it_is_no_longer_predicted(service: Service, predictor: Predictor) -> None:
    table_id, key = measure(service, blocks()), format_key(LACKING)
    look_up(predictor, table_id, key)
    service.measure([LACKING], 5.0)
    service.clock.advance(2)
    (entry,) = look_up(predictor, table_id, key).entries
    assert (entry.latency_ms, entry.source) == (5.0, "measured")


def test_too_few_rows_are_told_and_the_missing_listed_as_ever(service: Service, predictor: Predictor) -> None:
    table_id, key = measure(service, blocks()[:10]), format_key(LACKING)
    with pytest.raises(
        MissingEntries, match=r"not predicted, as 10 op\(s\) are timed, and .* needs 20; POST"
    ) as raised:
        look_up(predictor, table_id, key)
    assert raised.value.extra["missing"] == [key]
    assert ProfileRequest.model_validate(raised.value.extra["profile_request"]).workloads == (LACKING,)


def test_a_kind_of_op_that_the_table_has_none_of_is_not_predicted(service: Service, predictor: Predictor) -> None:
    table_id = measure(service, blocks())
    with pytest.raises(MissingEntries, match="not predicted, as the table has no classifier") as raised:
        look_up(predictor, table_id, format_key(LACKING), CLASSIFIER)
    assert raised.value.extra["missing"] == [CLASSIFIER]


def test_networks_are_not_predicted(service: Service, predictor: Predictor) -> None:
    table_id, network = measure(service, blocks()), NetworkSpec(ops=(LACKING,))
    with pytest.raises(MissingEntries, match="only ops are predicted"):
        look_up(predictor, table_id, workload_key(network))


def test_a_table_without_a_snapshot_predicts_nothing(service: Service, predictor: Predictor) -> None:
    service.profile(blocks())
    lease = service.must_lend(max_jobs=1)
    service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
    table_id = service.stored().measurements[0].table_id
    with pytest.raises(MissingEntries, match="the table has no snapshot yet"):
        look_up(predictor, table_id, format_key(LACKING))


def test_a_key_that_is_none_is_refused(service: Service, predictor: Predictor) -> None:
    with pytest.raises(InvalidKey):
        look_up(predictor, measure(service, blocks()), "v1-nonsense")


def test_an_unknown_table_is_not_found(predictor: Predictor) -> None:
    with pytest.raises(TableNotFound):
        look_up(predictor, "nothing", format_key(LACKING))


def test_one_latency_is_predicted_in_the_table_of_the_present_state(service: Service, predictor: Predictor) -> None:
    table_id = measure(service, blocks())
    answer = LatencyAnswer.model_validate_json(predictor.latency(DEVICE, CONDITIONS, format_key(LACKING)))
    assert (answer.table.table_id, answer.entry.source) == (table_id, "predicted")
    service.register(governor="powersave")
    with pytest.raises(MissingEntries):
        predictor.latency(DEVICE, CONDITIONS, format_key(LACKING))


def test_a_snapshots_model_is_fitted_once_however_many_ask(
    service: Service, predictor: Predictor, models: TableModels
) -> None:
    table_id, start = measure(service, blocks()), threading.Barrier(4)

    def ask(_: int) -> float:
        start.wait(10)
        return look_up(predictor, table_id, format_key(LACKING)).entries[0].latency_ms

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert models.use.values == 1
    fitted = models.use.bytes
    service.measure([LACKING, *(op(number) for number in range(1, 3))], 1.0)
    service.clock.advance(2)
    look_up(predictor, table_id, format_key(block(12, 20, 5, 3)))
    assert models.use.values == 2
    assert models.use.bytes > 2 * fitted
