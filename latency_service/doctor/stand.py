"""Stand: what the doctor looks at."""

from dataclasses import dataclass
from datetime import datetime

from latency_service.database import Database
from latency_service.engines import is_sqlite
from latency_service.settings import Settings


@dataclass(frozen=True)
class Stand:
    """A service's settings and its database, at one moment."""

    settings: Settings
    database: Database
    now: datetime

    @property
    def is_sqlite(self) -> bool:
        """Say whether the database is a file of this machine's."""
        return is_sqlite(self.database.engine)
