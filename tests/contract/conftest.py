"""The engines over which every behaviour of the service must hold."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from latency_service.contract.messages import Snapshot
from latency_service.database import Database
from latency_service.tables import Job, Lease, LeaseJob
from tests.contract.new_device import DEVICES, measure
from tests.contract.service import Service

#: Rows that refer to nothing, of which no foreign key keeps the database (docs/adr/0027).
_STRAYS = (
    select(Job.id).where(Job.lease_token.is_not(None), Job.lease_token.not_in(select(Lease.token))),
    select(LeaseJob.job_id).where(LeaseJob.lease_token.not_in(select(Lease.token))),
    select(LeaseJob.job_id).where(LeaseJob.job_id.not_in(select(Job.id))),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database in which no test may leave a job, or a part of a lease, without what it refers to."""
    database = Database(database_url)
    yield database
    with database.reading() as session:
        assert [session.scalars(strays).all() for strays in _STRAYS] == [[], [], []]
    database.close()


@pytest.fixture
def service(database: Database) -> Service:
    """A service with one registered device."""
    service = Service(database)
    service.register()
    return service


@pytest.fixture
def others(service: Service) -> dict[int, Snapshot]:
    """What devices other than the new one have measured."""
    return {device: measure(service, device) for device in DEVICES}
