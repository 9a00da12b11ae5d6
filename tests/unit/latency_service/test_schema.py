from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from latency_service import schema
from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import ServiceUnavailable
from latency_service.database import Database
from latency_service.repositories import conditions, devices
from latency_service.tables import Base
from tests.service_data import START, registration


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'latency.db'}")


def set_revision(database: Database, revision: str) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    schema.migrate(database)
    with database.connecting() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_keeps_what_is_there(database: Database) -> None:
    schema.migrate(database)
    with database.writing() as session:
        devices.register(session, registration(), START)
    assert schema.migrate(database) == schema.newest_revision()
    with database.reading() as session:
        assert devices.get(session, "board").agent_version == "0.1.0"


def test_conditions_of_the_first_tables_keep_their_id_and_get_the_defaults(database: Database) -> None:
    with database.connecting() as connection:
        schema.migrate_to(connection, "0001")
        connection.execute(
            text("INSERT INTO conditions VALUES ('cf6023d3a5c590ae', 'onnxruntime', 'fp32', 1, 1, 'hot', 'eager')")
        )
    schema.migrate(database)
    with database.writing() as session:
        assert conditions.ensure(session, Conditions(runtime="onnxruntime")) == "cf6023d3a5c590ae"
        assert conditions.get(session, "cf6023d3a5c590ae") == Conditions(runtime="onnxruntime")


def test_an_empty_database_is_not_current(database: Database) -> None:
    with pytest.raises(ServiceUnavailable, match="latency-service migrate"):
        schema.check_is_current(database)


def test_a_migrated_database_is_current(database: Database) -> None:
    schema.migrate(database)
    schema.check_is_current(database)


def test_a_database_of_a_newer_service_is_left_alone(database: Database) -> None:
    schema.migrate(database)
    set_revision(database, "9999")
    with pytest.raises(ServiceUnavailable, match="another version"):
        schema.migrate(database)
    with pytest.raises(ServiceUnavailable, match="9999"):
        schema.check_is_current(database)
