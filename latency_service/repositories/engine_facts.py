"""Facts of the database's engine: what it was told, what its clock says, how large it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class PostgresFacts:
    """What a PostgreSQL says of itself.

    Attributes:
        at: Its clock.
        connections: Most that it takes from others than its superusers.
    """

    version: str
    at: datetime
    fsync: bool
    synchronous_commit: str
    connections: int
    size_bytes: int


_POSTGRES = text(
    "SELECT current_setting('server_version') AS version, clock_timestamp() AS at, "
    "current_setting('fsync')::boolean AS fsync, current_setting('synchronous_commit') AS synchronous_commit, "
    "current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer "
    "AS connections, pg_database_size(current_database()) AS size_bytes"
)


def postgres(session: Session) -> PostgresFacts:
    """Return what the session's PostgreSQL says of itself."""
    return PostgresFacts(**session.execute(_POSTGRES).one()._mapping)


def sqlite_version(session: Session) -> str:
    """Return the version of the SQLite that reads the file."""
    return str(session.scalar(text("SELECT sqlite_version()")))
