"""A PostgreSQL that goes away and comes back, under requests: nobody restarts the service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from latency_service import engines, schema
from latency_service.api.app import create_app
from latency_service.database import Database
from latency_service.settings import Settings
from tests.mortal_postgres import MortalPostgres, mortal_postgres
from tests.service_data import registration

CLIENTS = 3


@pytest.fixture(scope="module")
def postgres() -> Iterator[MortalPostgres]:
    with mortal_postgres() as postgres:
        database = Database(postgres.url)
        schema.migrate(database)
        database.close()
        yield postgres


@pytest.fixture
def client(postgres: MortalPostgres) -> Iterator[TestClient]:
    settings = Settings(database=postgres.url, pool_size=CLIENTS, reap_every_s=0)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def register(client: TestClient, name: str) -> httpx.Response:
    answer: httpx.Response = client.post("/v1/devices", json=registration(name).model_dump(mode="json"))
    return answer


def ask_until(over: Event, client: TestClient, name: str) -> list[httpx.Response]:
    """Read and write as long as the test lasts, and once more."""
    answers: list[httpx.Response] = []
    while not over.is_set():
        answers += [register(client, name), client.get("/v1/devices")]
    return [*answers, register(client, name), client.get("/v1/devices")]


def test_requests_during_an_outage_are_told_to_come_back_and_then_served(
    postgres: MortalPostgres, client: TestClient
) -> None:
    over = Event()
    assert register(client, "before").is_success
    with ThreadPoolExecutor(CLIENTS) as threads:
        told = [threads.submit(ask_until, over, client, f"board-{number}") for number in range(CLIENTS)]
        try:
            postgres.stop()
            assert client.get("/v1/devices").status_code == 503
            postgres.start_again()
        finally:
            over.set()
        answers = [answer for each in told for answer in each.result()]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert all(answer.headers["retry-after"] == "5" for answer in answers if answer.status_code == 503)
    assert all(each.result()[-2].is_success and each.result()[-1].is_success for each in told)
    names = {device["name"] for device in client.get("/v1/devices").json()["devices"]}
    assert names == {"before", *(f"board-{number}" for number in range(CLIENTS))}


def test_without_its_database_the_service_is_alive_but_not_ready(postgres: MortalPostgres, client: TestClient) -> None:
    postgres.stop()
    try:
        assert client.get("/health/live").is_success
        ready = client.get("/health/ready", headers={"X-Request-ID": "r-1"})
    finally:
        postgres.start_again()
    problem = ready.json()
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
    assert (problem["code"], problem["request_id"]) == ("service_unavailable", "r-1")
    assert client.get("/health/ready").is_success


@pytest.fixture
def database(postgres: MortalPostgres) -> Iterator[Database]:
    """A database with one pooled connection, which the server has cut off."""
    database, other = Database(postgres.url, pool_size=1), Database(postgres.url, pool_size=1)
    pid = database.read(lambda session: session.scalar(text("SELECT pg_backend_pid()")))
    assert other.read(lambda session: session.scalar(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}))
    yield database
    database.close()
    other.close()


def test_a_connection_lost_while_it_rested_is_replaced_before_anybody_uses_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PING_AFTER_S", 0.0)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_connection_lost_just_now_costs_a_transaction_one_repetition(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PING_AFTER_S", 60.0)
    attempts: list[Session] = []

    def work(session: Session) -> None:
        attempts.append(session)
        session.execute(text("SELECT 1"))

    database.write(work)
    assert len(attempts) == 2


def test_without_the_ping_a_lost_connection_shows_at_its_first_statement(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PING_AFTER_S", 60.0)
    with pytest.raises(OperationalError), database.engine.connect() as connection:
        connection.scalar(text("SELECT 1"))
