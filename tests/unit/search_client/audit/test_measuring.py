from pathlib import Path

import pytest

from latency_service.contract.messages import TableId
from latency_service.contract.network import workload_key
from search_client.audit.folder import AuditFolder
from search_client.verify import NotMeasured
from tests.unit.search_client.audit.accounts import SETTINGS, measure, plan_for
from tests.unit.search_client.audit.simulated_service import SimulatedService, true_ms
from tests.unit.search_client.small_space import small_space


@pytest.fixture
def service() -> SimulatedService:
    return SimulatedService(small_space(), drifts=(1.2, 1.5))


def test_a_session_is_one_profile_of_networks_and_anchors_measured_anew(
    service: SimulatedService, tmp_path: Path
) -> None:
    plan = plan_for(service)
    session = measure(service, plan, tmp_path, 1)
    (profile,) = service.profiles
    assert profile.workloads == tuple(network.spec for network in plan.networks)
    assert (profile.anchors, profile.max_age_s) == (plan.anchors, 0)
    assert session.snapshot == service.snapshots[session.snapshot.snapshot_id]
    assert session.snapshot.correction is not None
    for network in plan.networks:
        assert session.measured[network.name].measured_ms == pytest.approx(1.2 * true_ms(network.spec), rel=1e-3)
    assert AuditFolder(tmp_path).session(1) == session
    assert AuditFolder(tmp_path).started(1) is None


def test_without_anchors_the_snapshot_is_that_from_before(service: SimulatedService, tmp_path: Path) -> None:
    before = service.snapshot
    plan = plan_for(service, SETTINGS.model_copy(update={"anchors": 0}))
    service.before_look = lambda: service.refit([network.spec for network in plan.networks[:2]])
    session = measure(service, plan, tmp_path, 1)
    assert service.profiles[0].anchors == ()
    assert session.snapshot == before


def test_a_session_that_was_interrupted_is_waited_for_and_not_asked_for_again(
    service: SimulatedService, tmp_path: Path
) -> None:
    plan = plan_for(service)

    def interrupt() -> None:
        raise KeyboardInterrupt

    service.before_look = interrupt
    with pytest.raises(KeyboardInterrupt):
        measure(service, plan, tmp_path, 1)
    service.before_look = lambda: None
    session = measure(service, plan, tmp_path, 1)
    assert len(service.profiles) == 1
    assert len(session.measured) == len(plan.networks) + len(plan.anchors)


def test_measurements_of_a_later_profile_are_another_sessions(service: SimulatedService, tmp_path: Path) -> None:
    plan = plan_for(service)
    first = measure(service, plan, tmp_path, 1)
    second = measure(service, plan, tmp_path, 2)
    name = plan.networks[0].name
    ratio = second.measured[name].measured_ms / first.measured[name].measured_ms
    assert ratio == pytest.approx(1.5 / 1.2)


def test_a_measurement_that_arrived_after_the_profile_ended_does_not_count(
    service: SimulatedService, tmp_path: Path
) -> None:
    plan = plan_for(service)
    key = workload_key(plan.networks[0].spec)

    def measured_by_somebody_else() -> None:
        service.latencies[key] = 99.0
        service._rows.append(service._row(key).model_copy(update={"received_at": service.now.replace(year=2030)}))

    service.before_look = measured_by_somebody_else
    assert measure(service, plan, tmp_path, 1).measured[plan.networks[0].name].measured_ms < 99.0


def test_a_network_that_fails_is_named_and_the_others_count(service: SimulatedService, tmp_path: Path) -> None:
    plan = plan_for(service)
    service.fits = False
    service.fails = {workload_key(plan.networks[2].spec), workload_key(plan.anchors[0])}
    session = measure(service, plan, tmp_path, 1)
    assert session.failed == {plan.networks[2].name: "crashed: boom", "anchor-1": "crashed: boom"}
    assert len(session.measured) == len(plan.networks) + len(plan.anchors) - 2


def test_a_cancelled_session_is_started_anew_by_the_next_call(service: SimulatedService, tmp_path: Path) -> None:
    plan = plan_for(service)
    service.cancels = True
    with pytest.raises(NotMeasured, match="cancelled"):
        measure(service, plan, tmp_path, 1)
    service.cancels = False
    assert measure(service, plan, tmp_path, 1).number == 1
    assert len(service.profiles) == 2


def test_a_device_that_changed_is_not_measured_on(service: SimulatedService, tmp_path: Path) -> None:
    plan = plan_for(service).model_copy(update={"table_id": TableId("another")})
    with pytest.raises(NotMeasured, match="is not what it was"):
        measure(service, plan, tmp_path, 1)
    assert service.profiles == []
