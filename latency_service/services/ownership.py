"""Ownership: an agent's key acts for the devices that were registered with it, and for no others.

A key that is revoked owns nothing any more: the agent's next key takes the device over when it registers, and may hand
in before what was measured under the old one.
"""

from sqlalchemy.orm import Session

from latency_service.contract.errors import Forbidden
from latency_service.repositories import owners
from latency_service.services.principals import Principal


def check_device(session: Session, principal: Principal, device_name: str) -> None:
    """Return if the device is the principal's, or if there is none of that name.

    Raises:
        Forbidden: It is another key's, or nobody's yet.
    """
    owner = owners.of_device(session, device_name) if principal.owner_id is not None else None
    if owner is not None and owner.key_id != principal.owner_id:
        raise _not_yours(owner)


def check_lease(session: Session, principal: Principal, token: str) -> None:
    """Return if the device that a lease was lent to is the principal's or nobody's, or if there is no such lease.

    Raises:
        Forbidden: The device is another key's.
    """
    owner = owners.of_lease(session, token) if principal.owner_id is not None else None
    if owner is not None and owner.key_id not in (None, principal.owner_id):
        raise _not_yours(owner)


def _not_yours(owner: owners.Owner) -> Forbidden:
    return Forbidden(f"device {owner.device_name!r} is not this key's: it was not registered with it")
