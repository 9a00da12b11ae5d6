"""SnapshotForms: snapshots as the bytes that are sent, each form encoded once and kept in memory."""

import gzip
from collections.abc import Sequence
from typing import NamedTuple

import zstandard
from sqlalchemy.orm import Session

from latency_service.api.negotiation import Coding, Form
from latency_service.contract.messages import SnapshotId
from latency_service.interchange.media_types import JSON
from latency_service.services import snapshots
from latency_service.services.byte_cache import ByteCache, CacheUse

#: `private`, because a proxy that answers in our place would not ask for an API key.
FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"

_GZIP_LEVEL = 6
Headers = Sequence[tuple[bytes, bytes]]


class Sent(NamedTuple):
    """An answer: 304 without a body where the caller has the snapshot already."""

    status: int
    headers: Headers
    body: bytes


class SnapshotForms:
    """Snapshots in the forms that were asked for; any number of threads may use it.

    Args:
        max_bytes: What all of them together may take.
    """

    def __init__(self, max_bytes: int) -> None:
        self._cache: ByteCache[tuple[str, Form], bytes] = ByteCache(max_bytes, len)

    @property
    def use(self) -> CacheUse:
        """How the memory is used."""
        return self._cache.use

    def in_memory(self, snapshot_id: str, form: Form) -> bytes | None:
        """Return a snapshot in a form where memory holds it."""
        return self._cache.get((snapshot_id, form))

    def load(self, session: Session, snapshot_id: str, form: Form) -> bytes:
        """Return a snapshot in a form, from the database if need be.

        Raises:
            SnapshotNotFound: None has that id.
        """
        return self._cache.get_or_load((snapshot_id, form), lambda: _encoded(session, SnapshotId(snapshot_id), form))


def answer(snapshot_id: str, form: Form, body: bytes, if_none_match: str | None, cache_control: str) -> Sent:
    """Return what a caller is sent who asked for a snapshot in this form."""
    headers = [
        (b"etag", form.etag(snapshot_id).encode()),
        (b"cache-control", cache_control.encode()),
        (b"vary", b"accept, accept-encoding"),
    ]
    if if_none_match and form.is_known(snapshot_id, if_none_match):
        return Sent(304, headers, b"")
    headers += [
        (b"content-type", form.media_type.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if form.coding != "identity":
        headers.append((b"content-encoding", form.coding.encode()))
    return Sent(200, headers, body)


def _encoded(session: Session, snapshot_id: SnapshotId, form: Form) -> bytes:
    row = snapshots.get(session, snapshot_id)
    if form.media_type is JSON and form.coding == row.encoding:
        return row.content
    return _compressed(form.media_type.write(row.document), form.coding)


def _compressed(content: bytes, coding: Coding) -> bytes:
    if coding == "zstd":
        return zstandard.compress(content)
    return gzip.compress(content, _GZIP_LEVEL, mtime=0) if coding == "gzip" else content
