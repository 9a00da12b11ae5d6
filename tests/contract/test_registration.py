"""Devices, and the states they come in."""

from datetime import timedelta

import pytest

from latency_service.contract.errors import AgentTooOld, Conflict, DeviceNotFound, Forbidden, LeaseExpired
from latency_service.contract.measurement import PROTOCOL_VERSION
from latency_service.contract.messages import ApiKeyRequest, Device
from latency_service.repositories import devices
from latency_service.services import access, registration
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
    service.clock.advance(11)
    service.lend()
    assert device(service).last_seen_at == START + timedelta(seconds=11)


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


def register_fleet(service: Service, size: int) -> None:
    with service.database.writing() as session:
        for number in range(size):
            devices.register(session, service_data.registration(f"board-{number}"), service.clock())


def test_a_large_fleet_s_agents_are_told_to_poll_less_often(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"polls_per_s": 10.0})
    register_fleet(service, 99)
    assert service.register().poll_s == 10


def test_devices_that_were_not_seen_for_long_do_not_count(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"polls_per_s": 10.0})
    register_fleet(service, 99)
    service.clock.advance(301)
    assert service.register().poll_s == 2


def test_however_large_the_fleet_agents_poll_often_enough_to_be_seen(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"polls_per_s": 1e-9})
    assert service.register().poll_s == 150


def test_a_device_that_says_goodbye_shows_so_until_it_registers_again(service: Service) -> None:
    service.clock.advance(5)
    service.deregister()
    service.clock.advance(5)
    service.deregister()
    assert device(service).deregistered_at == START + timedelta(seconds=5)
    service.register()
    assert device(service).deregistered_at is None


def test_goodbye_hands_the_leases_back_without_counting_an_attempt(service: Service) -> None:
    service.profile(service_data.ops(2))
    lease = service.must_lend(max_jobs=1)
    service.deregister()
    with pytest.raises(LeaseExpired):
        service.renew(lease)
    service.register()
    assert [job.attempt for job in service.must_lend().jobs] == [1, 1]


def test_the_goodbye_of_one_agent_leaves_its_namesakes_leases_alone(service: Service) -> None:
    service.profile(service_data.ops(2))
    own, namesakes = (service.must_lend(max_jobs=1, agent_id=life) for life in ("this", "that"))
    service.deregister(agent_id="this")
    assert service.renew(namesakes).cancelled == ()
    with pytest.raises(LeaseExpired):
        service.renew(own)


def test_goodbye_leaves_other_devices_leases_alone(service: Service) -> None:
    service.register("other")
    service.profile(service_data.ops(1))
    lease = service.must_lend()
    service.deregister("other")
    assert service.renew(lease).cancelled == ()


def test_an_unknown_device_cannot_say_goodbye(service: Service) -> None:
    with pytest.raises(DeviceNotFound):
        service.deregister("nobody")


def new_key(service: Service) -> str:
    request = ApiKeyRequest(name="boards", scope="agent")
    return service.database.write(lambda session: access.create(session, request, service.clock())).key_id


def test_a_device_belongs_to_the_key_that_first_registered_it(service: Service) -> None:
    first, second = new_key(service), new_key(service)
    service.register(key_id=first)
    with pytest.raises(Forbidden, match="'board' is another key's"):
        service.register(governor="powersave", key_id=second)
    assert device(service).facts.facts == {"governor": "performance"}
    service.register(key_id=first)


def test_who_may_act_for_any_device_registers_it_without_owning_it(service: Service) -> None:
    first, second = new_key(service), new_key(service)
    service.register("mine", key_id=first)
    service.register("mine")
    with pytest.raises(Forbidden):
        service.register("mine", key_id=second)


def test_a_device_whose_key_was_revoked_becomes_the_next_one_s(service: Service) -> None:
    first, second = new_key(service), new_key(service)
    service.register(key_id=first)
    service.database.write(lambda session: access.revoke(session, first, service.clock()))
    service.register(key_id=second)
    third = new_key(service)
    with pytest.raises(Forbidden):
        service.register(key_id=third)


def flapping(service: Service) -> list[str]:
    return list(service.database.read(lambda session: devices.flapping(session, service.clock())))


def flip(service: Service, times: int, every_s: float) -> None:
    for number in range(times):
        service.clock.advance(every_s)
        service.register(governor="powersave" if number % 2 else "performance")


def test_two_agents_of_one_name_that_take_turns_are_noticed(service: Service) -> None:
    service.register(name="quiet")
    service.register(governor="powersave")
    flip(service, times=12, every_s=2)
    assert flapping(service) == ["board"]
    service.clock.advance(601)
    assert flapping(service) == []


def test_a_device_whose_state_changes_now_and_then_is_not_taken_for_two(service: Service) -> None:
    service.register(governor="powersave")
    flip(service, times=12, every_s=700)
    assert flapping(service) == []


def test_a_few_changes_to_and_fro_are_not_flapping(service: Service) -> None:
    service.register(governor="powersave")
    flip(service, times=4, every_s=2)
    assert flapping(service) == []


def test_an_agent_that_registers_one_state_again_and_again_is_not_flapping(service: Service) -> None:
    for _ in range(20):
        service.clock.advance(2)
        service.register()
    assert flapping(service) == []
