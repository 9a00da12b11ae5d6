"""Devices, and the states they come in."""

from datetime import timedelta

import pytest

from latency_service.contract.errors import AgentTooOld, Conflict, DeviceNotFound
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import Device
from latency_service.repositories import devices
from latency_service.services import registration
from tests import service_data
from tests.contract.service import Service
from tests.service_data import START


def device(service: Service, name: str = "board") -> Device:
    with service.database.reading() as session:
        return registration.get_device(session, name)


def test_registering_answers_the_intervals_to_keep(service: Service) -> None:
    answer = service.register()
    assert (answer.poll_s, answer.renew_s, answer.lease_s) == (2, 30, 90)
    assert answer.device_state == service_data.registration().state.fingerprint


def test_registering_again_updates_the_device(service: Service) -> None:
    first = service.register()
    service.clock.advance(10)
    second = service.register(governor="powersave")
    assert second.device_id == first.device_id
    assert second.device_state != first.device_state
    now = device(service)
    assert now.facts.facts == {"governor": "powersave"}
    assert (now.registered_at, now.last_seen_at) == (START, START + timedelta(seconds=10))


def test_a_device_that_returns_to_a_state_finds_its_table_again(service: Service) -> None:
    status = service.measure([service_data.op(1)])
    service.register(governor="powersave")
    assert service.profile([service_data.op(1)]).measured == ()
    service.register(governor="performance")
    assert len(service.profile([service_data.op(1)]).measured) == 1
    assert status.table_id == service.measure([service_data.op(2)]).table_id


def test_asking_for_work_shows_that_the_device_lives(service: Service) -> None:
    service.clock.advance(7)
    service.lend()
    assert device(service).last_seen_at == START + timedelta(seconds=7)


def test_devices_are_listed_by_name(service: Service) -> None:
    service.register(name="abacus")
    with service.database.reading() as session:
        assert [each.name for each in registration.list_devices(session).devices] == ["abacus", "board"]


def test_an_unknown_device_is_not_found(service: Service) -> None:
    with pytest.raises(DeviceNotFound):
        device(service, "nobody")


def test_an_agent_of_an_older_protocol_is_told_to_upgrade(service: Service) -> None:
    with pytest.raises(AgentTooOld, match="upgrade the agent"):
        service.register(protocol_version=0)


def test_an_agent_that_registered_before_the_protocol_changed_gets_no_lease(service: Service) -> None:
    with service.database.writing() as session:
        devices.get(session, "board").protocol_version = 0
    with pytest.raises(AgentTooOld):
        service.lend()


def test_an_agent_of_a_newer_protocol_is_told_that_the_service_is_too_old(service: Service) -> None:
    with pytest.raises(Conflict, match="upgrade the service"):
        service.register(protocol_version=PROTOCOL_VERSION + 1)
