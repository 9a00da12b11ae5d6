"""API keys: who is recognised, what is stored of them, and when they are asked for."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from latency_service.contract.api_keys import format_api_key, parse_api_key
from latency_service.contract.errors import ApiKeyNotFound, Forbidden, Unauthorized
from latency_service.contract.messages import ApiKeyCreated, ApiKeyRequest, Scope
from latency_service.database import Database
from latency_service.services import access
from latency_service.settings import KeyPolicy, Settings
from tests.service_data import START


def create(database: Database, scope: Scope = "reader", devices: tuple[str, ...] = ()) -> ApiKeyCreated:
    request = ApiKeyRequest(name="somebody", scope=scope, devices=devices)
    return database.write(lambda session: access.create(session, request, START))


def secret_of(created: ApiKeyCreated) -> str:
    return created.key.get_secret_value()


def settings(host: str = "127.0.0.1", keys: KeyPolicy = "auto") -> Settings:
    return Settings(database="sqlite:///unused.db", host=host, keys=keys)


def test_a_key_is_recognised_with_its_scope_and_devices(database: Database) -> None:
    created = create(database, "agent", ("board-*",))
    key = database.read(partial(access.recognise, text=secret_of(created)))
    assert (key.key_id, key.scope, key.devices) == (created.key_id, "agent", ("board-*",))
    principal = access.principal_of(key)
    assert (principal.key_id, principal.owner_id) == (created.key_id, created.key_id)


def test_an_admin_is_nobodys_owner_and_may_act_for_all(database: Database) -> None:
    key = database.read(partial(access.recognise, text=secret_of(create(database, "admin"))))
    assert access.principal_of(key).owner_id is None


def test_no_secret_is_stored_and_equal_ones_would_not_look_equal(database: Database) -> None:
    created = create(database), create(database)
    rows = database.read(lambda session: session.execute(text("SELECT * FROM api_keys")).mappings().all())
    stored = repr(rows)
    for each in created:
        assert parse_api_key(secret_of(each)).secret not in stored
        assert secret_of(each) not in repr(each)
    assert len({row["salt"] for row in rows}) == len({row["secret_hash"] for row in rows}) == 2


def test_another_secret_another_id_and_a_revoked_key_look_alike(database: Database) -> None:
    revoked, other = create(database), create(database)
    database.write(partial(access.revoke, key_id=revoked.key_id, now=START))
    secret = parse_api_key(secret_of(revoked)).secret
    messages = set()
    for wrong in (
        secret_of(revoked),
        format_api_key(parse_api_key(secret_of(other))._replace(secret=secret)),
        format_api_key(parse_api_key(secret_of(other))._replace(key_id="0" * 12)),
    ):
        with pytest.raises(Unauthorized) as raised:
            database.read(partial(access.recognise, text=wrong))
        messages.add(str(raised.value))
    assert len(messages) == 1


def test_revoking_again_changes_nothing_and_an_unknown_key_is_told(database: Database) -> None:
    created = create(database)
    for seconds in (1, 2):
        now = START + timedelta(seconds=seconds)
        database.write(partial(access.revoke, key_id=created.key_id, now=now))
    (listed,) = database.read(access.list_keys).keys
    assert listed.revoked_at == START + timedelta(seconds=1)
    with pytest.raises(ApiKeyNotFound, match="keys list"):
        database.write(partial(access.revoke, key_id="0" * 12, now=START))


def test_a_use_is_worth_noting_once_a_minute(database: Database) -> None:
    created = create(database)
    assert access.is_use_to_be_noted(created, START)
    database.write(partial(access.note_use, key_id=created.key_id, now=START))
    (noted,) = database.read(access.list_keys).keys
    assert noted.last_used_at == START
    assert not access.is_use_to_be_noted(noted, START + timedelta(seconds=59))
    assert access.is_use_to_be_noted(noted, START + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("host", "policy", "before", "after"),
    [
        ("127.0.0.1", "auto", False, True),
        ("127.0.0.1", "required", True, True),
        ("127.0.0.1", "off", False, False),
        ("0.0.0.0", "auto", True, True),
    ],
)
def test_keys_are_asked_for_once_there_is_one_or_the_address_is_not_loopback(
    database: Database, host: str, policy: KeyPolicy, before: bool, after: bool
) -> None:
    asked = partial(access.are_keys_asked_for, settings=settings(host, policy))
    assert database.read(asked) == before
    created = create(database)
    assert database.read(asked) == after
    database.write(partial(access.revoke, key_id=created.key_id, now=START))
    assert database.read(asked) == after, "revoking the last key must not open the service"


@pytest.mark.parametrize(("host", "policy"), [("0.0.0.0", "auto"), ("192.168.1.7", "required"), ("::", "auto")])
def test_an_address_that_others_reach_needs_a_key_to_begin_with(
    database: Database, host: str, policy: KeyPolicy
) -> None:
    check = partial(access.check_policy, settings=settings(host, policy))
    with pytest.raises(Forbidden, match="latency-service keys create"):
        database.read(check)
    create(database)
    database.read(check)


def test_keys_cannot_be_off_where_others_reach_the_service(database: Database) -> None:
    create(database)
    with pytest.raises(Forbidden, match="keys are off"):
        database.read(partial(access.check_policy, settings=settings("0.0.0.0", "off")))


def test_loopback_needs_no_key_to_begin_with(database: Database) -> None:
    for policy in ("auto", "off"):
        database.read(partial(access.check_policy, settings=settings(keys=policy)))
