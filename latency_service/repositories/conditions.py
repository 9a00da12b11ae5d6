"""Conditions that were ever asked for."""

import hashlib

import orjson
from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.repositories.bulk import insert_missing
from latency_service.tables import Conditions as ConditionsRow

#: Members that came after the first tables: at these values they leave the ids of older conditions as they were.
_CAME_LATER = {"backend": "cpu", "layout": "native", "batch_norm": "folded"}


def conditions_id(conditions: Conditions) -> str:
    """Return the first 16 hex digits of the SHA-256 of the conditions as canonical JSON."""
    members = {name: value for name, value in conditions.model_dump().items() if _CAME_LATER.get(name) != value}
    content = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:16]


def ensure(session: Session, conditions: Conditions) -> str:
    """Return the conditions' id, after adding them where they are new."""
    row_id = conditions_id(conditions)
    insert_missing(session, ConditionsRow, [{"id": row_id} | conditions.model_dump()])
    return row_id


def get(session: Session, row_id: str) -> Conditions:
    """Return conditions by the id that another row refers to."""
    return from_row(session.get_one(ConditionsRow, row_id))


def from_row(row: ConditionsRow) -> Conditions:
    """Return the conditions that a row holds."""
    return Conditions.model_validate(row, from_attributes=True)
