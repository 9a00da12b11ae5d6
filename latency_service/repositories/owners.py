"""Owners: the API keys that devices were registered with."""

from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from latency_service.tables import ApiKey, Device, Lease


class Owner(NamedTuple):
    """Whose a device is; `key_id` is None for a device that is no key's, or that of one that was revoked."""

    device_name: str
    key_id: str | None


_IS_OWNED = and_(ApiKey.id == Device.owner_key_id, ApiKey.revoked_at.is_(None))
_OWNERS = select(Device.name, ApiKey.id).outerjoin(ApiKey, _IS_OWNED)


def of_device(session: Session, name: str) -> Owner | None:
    """Return whose the device of that name is; None if there is none."""
    row = session.execute(_OWNERS.where(Device.name == name)).one_or_none()
    return None if row is None else Owner(*row)


def of_lease(session: Session, token: str) -> Owner | None:
    """Return whose the device is that the lease was lent to; None if there never was such a lease."""
    query = _OWNERS.join(Lease, Lease.device_id == Device.id)
    row = session.execute(query.where(Lease.token == token)).one_or_none()
    return None if row is None else Owner(*row)
