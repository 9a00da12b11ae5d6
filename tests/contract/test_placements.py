"""An op's value is what it adds to its feeder's time, wherever that is known; what it takes alone stands beside it."""

import pytest

from latency_service.contract.errors import ResultMismatch
from latency_service.contract.keys import format_key
from latency_service.contract.measurement import Verdict
from latency_service.contract.messages import Entry, JobResult
from latency_service.services.history import history
from tests.contract.service import Service
from tests.service_data import CONDITIONS, DEVICE, fed_measurement, fed_op, new_id

KEY = format_key(fed_op())
DROWNED = ("the difference drowns in noise",)


def measure(
    service: Service, isolated_ms: float, context_ms: float, reasons: tuple[str, ...] = (), verdict: Verdict = "ok"
) -> Entry:
    """Let a session measure the op, and return the table's entry of it."""
    profile = service.profile([fed_op()], max_age_s=0)
    lease = service.must_lend()
    doubts = () if verdict == "ok" else ("the machine changed its speed",)
    measured = fed_measurement(isolated_ms, context_ms, reasons).model_copy(
        update={"verdict": verdict, "reasons": doubts}
    )
    result = JobResult(job_id=lease.jobs[0].job_id, measurement=measured)
    service.put(lease, result, new_id())
    service.clock.advance(10)
    return service.snapshot(service.status(profile).snapshot_id).ops[0]


def test_in_context_comes_first_and_alone_stands_beside_it(service: Service) -> None:
    entry = measure(service, 1.0, 0.8)
    assert (entry.placement, entry.isolated_ms) == ("in_context", 1.0)
    assert entry.latency_ms == pytest.approx(0.8, rel=1e-4)
    assert entry.ci_low_ms is not None
    assert entry.ci_high_ms is not None
    assert 0.79 < entry.ci_low_ms < entry.latency_ms < entry.ci_high_ms < 0.81


def test_a_difference_that_drowned_leaves_the_isolated_value(service: Service) -> None:
    entry = measure(service, 1.0, 0.8, DROWNED)
    assert (entry.placement, entry.latency_ms, entry.isolated_ms) == ("isolated", 1.0, None)


def test_a_session_in_which_the_machine_was_not_itself_is_noisy_in_context_too(service: Service) -> None:
    noisy = measure(service, 1.3, 1.04, verdict="noisy")
    assert (noisy.placement, noisy.verdict) == ("in_context", "noisy")
    calm = measure(service, 1.0, 0.8)
    again = measure(service, 1.3, 1.04, verdict="noisy")
    assert (again.verdict, again.latency_ms, again.measurement_id) == ("ok", calm.latency_ms, calm.measurement_id)


def test_values_of_two_placements_are_never_averaged(service: Service) -> None:
    measure(service, 1.0, 0.5, DROWNED)
    first = measure(service, 1.01, 0.8)
    assert (first.placement, first.sessions) == ("in_context", 1)
    both = measure(service, 1.02, 0.8)
    assert (both.placement, both.sessions) == ("in_context", 2)
    assert both.latency_ms == pytest.approx(0.8, rel=1e-4)
    drowned = measure(service, 1.03, 0.9, DROWNED)
    assert (drowned.placement, drowned.sessions) == ("in_context", 2)
    assert drowned.isolated_ms == pytest.approx(1.015, abs=0.001)
    assert drowned.measurement_id == both.measurement_id


def test_what_the_newest_five_sessions_do_not_confirm_is_forgotten(service: Service) -> None:
    measure(service, 1.0, 0.8)
    entries = [measure(service, 2.0, 1.8, DROWNED) for _ in range(5)]
    assert [entry.placement for entry in entries] == 4 * ["in_context"] + ["isolated"]
    assert entries[-1].latency_ms == pytest.approx(2.0)


def test_every_measurement_tells_what_it_added_and_why_that_does_not_stand(service: Service) -> None:
    measure(service, 1.0, 0.8)
    measure(service, 1.0, 0.7, DROWNED)
    stands, drowned = (row.in_context for row in service.stored().measurements)
    assert stands is not None
    assert drowned is not None
    assert (stands.reasons, drowned.reasons) == ((), DROWNED)
    assert stands.latency_ms == pytest.approx(0.8, rel=1e-4)
    assert stands.n == 7
    points = service.database.read(lambda session: history(session, DEVICE, CONDITIONS, KEY, None, 10)).points
    assert [point.in_context for point in points] == [drowned, stands]


def test_another_feeder_than_the_contracts_is_refused(service: Service) -> None:
    service.profile([fed_op()])
    lease = service.must_lend()
    result = JobResult(job_id=lease.jobs[0].job_id, measurement=fed_measurement(1.0, 0.8, feeder=KEY))
    with pytest.raises(ResultMismatch, match="by the contract's rule stands behind"):
        service.put(lease, result, new_id())
