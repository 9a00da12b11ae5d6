"""Samples: measurements' bodies, which are large and need not be kept for ever."""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from latency_service.tables import Measurement, MeasurementBody


def delete_old(session: Session, after: int, before: datetime, limit: int) -> int | None:
    """Delete the samples of the next measurements after a sequence number, at most `limit` and up to a moment.

    Returns:
        The last of these measurements' sequence number; None where none arrived before the moment.
    """
    following = select(Measurement.sequence, Measurement.received_at).where(Measurement.sequence > after)
    rows = session.execute(following.order_by(Measurement.sequence).limit(limit))
    old = [row.sequence for row in takewhile(lambda row: row.received_at < before, rows)]
    if not old:
        return None
    ids = select(Measurement.id).where(Measurement.sequence > after, Measurement.sequence <= old[-1])
    session.execute(delete(MeasurementBody).where(MeasurementBody.measurement_id.in_(ids)))
    return int(old[-1])
