"""Settings of the service: flags of the command line over LATENCY_SERVICE_* variables over these defaults."""

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

APPLICATION = "proxyless-latency"


class Settings(BaseSettings):
    """How the service runs.

    Attributes:
        database: SQLAlchemy URL.
        lease_s: How long a batch of jobs is lent before it is lent again.
        poll_s: How long an idle agent waits before it asks again.
        max_attempts: How often a job is lent before it is given up.
    """

    model_config = SettingsConfigDict(env_prefix="LATENCY_SERVICE_", frozen=True)

    database: str = Field(default_factory=lambda: default_database())
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    lease_s: float = Field(default=90.0, gt=0, le=86_400)
    poll_s: float = Field(default=2.0, gt=0, le=3_600)
    max_attempts: int = Field(default=3, ge=1)

    @property
    def renew_s(self) -> float:
        """Seconds between renewals: two of them may be lost before the lease is."""
        return self.lease_s / 3


def default_database() -> str:
    """Return the URL of the SQLite file in the user's data directory."""
    return f"sqlite:///{user_data_path(APPLICATION) / 'latency.db'}"
