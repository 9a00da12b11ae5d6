"""Settings of the service: flags over LATENCY_SERVICE_* variables over a TOML file over these defaults."""

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from latency_service.database_url import with_password, without_password

APPLICATION = "proxyless-latency"

KeyPolicy = Literal["auto", "required", "off"]
LogFormat = Literal["auto", "console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """How the service runs.

    Attributes:
        database: SQLAlchemy URL: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.
        database_password_file: Holds the password of a PostgreSQL URL that has none.
        pool_size: Connections to PostgreSQL that are kept open; under load there are up to three times as many.
        host: Address to listen on.
        port: Its port.
        lease_s: How long a batch of jobs is lent before it is lent again.
        poll_s: How long an idle agent waits before it asks again, where the fleet is small.
        polls_per_s: How often all idle agents may ask; in a large fleet each is told a longer wait when it registers.
        max_attempts: How often a job is lent before it is given up.
        max_returns: How often a job may be handed back without that counting as an attempt.
        reap_every_s: How often each replica looks for expired leases and due profiles; 0 leaves it to requests, and
            lets nobody delete old samples.
        keep_samples_days: How long raw samples are kept before the reaper deletes them; None is for ever.
        keys: `auto` asks for API keys as soon as one exists or the address is not loopback; `off` is for loopback only.
        max_body_bytes: Larger bodies are refused.
        requests_per_s: A key (an address, where there are no keys) may ask that often on average, in each replica.
        burst: And so many times at once.
        cors_origins: Web origins that may read; none by default.
        latest_ttl_s: How long a replica may go on serving a table's former snapshot when there is a newer one.
        snapshot_cache_bytes: Memory for snapshots that are served again and again.
        log_format: `auto` is readable on a terminal and JSON lines elsewhere.
        log_level: The least that is logged; at `debug` every request is.
        shutdown_s: How long requests in flight may take to end when the service is told to go.
    """

    model_config = SettingsConfigDict(env_prefix="LATENCY_SERVICE_", frozen=True, extra="forbid")

    database: str = Field(default_factory=lambda: default_database(), repr=False)
    database_password_file: Path | None = None
    pool_size: int = Field(default=10, ge=1, le=1000)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    lease_s: float = Field(default=90.0, gt=0, le=86_400)
    poll_s: float = Field(default=2.0, gt=0, le=3_600)
    polls_per_s: float = Field(default=50.0, gt=0)
    max_attempts: int = Field(default=3, ge=1)
    max_returns: int = Field(default=10, ge=0)
    reap_every_s: float = Field(default=5.0, ge=0, le=3_600)
    keep_samples_days: float | None = Field(default=None, gt=0, le=36_500)
    keys: KeyPolicy = "auto"
    max_body_bytes: int = Field(default=16 * 2**20, ge=1024)
    requests_per_s: float = Field(default=500.0, gt=0)
    burst: int = Field(default=2000, ge=1)
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    latest_ttl_s: float = Field(default=1.0, ge=0, le=1.0)
    snapshot_cache_bytes: int = Field(default=256 * 2**20, ge=0)
    log_format: LogFormat = "auto"
    log_level: LogLevel = "info"
    shutdown_s: float = Field(default=10.0, ge=0, le=600)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def database_url(self) -> str:
        """The database's URL with its password, for connecting alone; raises as `with_password` does."""
        return with_password(self.database, self.database_password_file)

    @property
    def shown_database(self) -> str:
        """The database's URL as it may be printed."""
        return without_password(self.database)

    @property
    def most_connections(self) -> int:
        """How many connections to PostgreSQL one replica opens under load."""
        return 3 * self.pool_size

    @property
    def renew_s(self) -> float:
        """Seconds between renewals: two of them may be lost before the lease is."""
        return self.lease_s / 3


def default_database() -> str:
    """Return the URL of the SQLite file in the user's data directory."""
    return f"sqlite:///{user_data_path(APPLICATION) / 'latency.db'}"
