"""Devices, their states, and the conditions they measure under."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from latency_service.tables.base import Base


class Device(Base):
    """A device, by its name. `fingerprint` is its present state's.

    `deregistered_at` is set while its agent has said goodbye; `owner_key_id` is the API key that first registered it.
    """

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(16))
    agent_version: Mapped[str] = mapped_column(String(64))
    protocol_version: Mapped[int]
    registered_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    deregistered_at: Mapped[datetime | None]
    owner_key_id: Mapped[str | None] = mapped_column(String(16))


class DeviceState(Base):
    """A state that a device was ever in.

    `returns` counts how often, of late, the device came back to it soon after it had left.
    """

    __tablename__ = "device_states"
    __table_args__ = (UniqueConstraint("device_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    fingerprint: Mapped[str] = mapped_column(String(16))
    facts: Mapped[dict[str, Any]]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    returns: Mapped[int] = mapped_column(server_default="0")


class Conditions(Base):
    """Conditions that were ever asked for; the id is a hash of the others."""

    __tablename__ = "conditions"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    runtime: Mapped[str] = mapped_column(String(32))
    precision: Mapped[str] = mapped_column(String(8))
    batch_size: Mapped[int]
    threads: Mapped[int]
    cache_state: Mapped[str] = mapped_column(String(8))
    mode: Mapped[str] = mapped_column(String(8))
    backend: Mapped[str] = mapped_column(String(32), server_default="cpu")
    layout: Mapped[str] = mapped_column(String(16), server_default="native")
    batch_norm: Mapped[str] = mapped_column(String(8), server_default="folded")
