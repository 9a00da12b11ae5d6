"""HotSnapshots: snapshots that are in memory, as whole answers, in the form that a caller likes best."""

from functools import lru_cache

from starlette import status
from starlette.types import Scope

from latency_service.api.negotiation import Form, choose
from latency_service.api.snapshot_forms import ASK_AGAIN, FOREVER, Sent, SnapshotForms, answer
from latency_service.api.telemetry import ROUTE_TEMPLATE
from latency_service.contract.errors import NotAcceptable
from latency_service.contract.messages import TableId
from latency_service.services.warm_tables import WarmTables

_PREFIX, _TEMPLATE = "/v1/snapshots/", "/v1/snapshots/{snapshot_id}"
_TABLES_PREFIX, _LATEST_SUFFIX = "/v1/tables/", "/snapshots/latest"
_LATEST_TEMPLATE = "/v1/tables/{table_id}/snapshots/latest"
_WISHES = frozenset((b"accept", b"accept-encoding", b"if-none-match"))
#: Of what callers wish, whose answers are remembered; one that is longer, bytes, is no browser's or client's.
_MOST_WISHES, _LONGEST_WISH = 4096, 1024


class HotSnapshots:
    """Answers what memory holds.

    Args:
        tables: Know which snapshots are the latest.
        forms: Hold the bytes.
    """

    def __init__(self, tables: WarmTables, forms: SnapshotForms) -> None:
        self._tables = tables
        self._forms = forms

    def answer(self, scope: Scope) -> Sent | None:
        """Return what the route would answer to this GET, or None where it must be asked."""
        path = scope["path"]
        if path.startswith(_PREFIX):
            return self._answer(scope, path[len(_PREFIX) :], FOREVER, _TEMPLATE)
        if path.startswith(_TABLES_PREFIX) and path.endswith(_LATEST_SUFFIX):
            table = self._tables.remembered(TableId(path[len(_TABLES_PREFIX) : -len(_LATEST_SUFFIX)]))
            if table is not None and table.snapshot_id is not None:
                return self._answer(scope, table.snapshot_id, ASK_AGAIN, _LATEST_TEMPLATE)
        return None

    def _answer(self, scope: Scope, snapshot_id: str, cache_control: str, template: str) -> Sent | None:
        wishes: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _WISHES:
                wishes.setdefault(name, value)  # the routes go by the first one, too
        if sum(map(len, wishes.values())) > _LONGEST_WISH:
            return None
        form = _form(wishes.get(b"accept", b""), wishes.get(b"accept-encoding", b""))
        body = self._forms.in_memory(snapshot_id, form) if form else None
        if form is None or body is None:
            return None
        scope[ROUTE_TEMPLATE] = template
        known = wishes.get(b"if-none-match")
        if known and (not_modified := _not_modified(snapshot_id, form, known, cache_control)):
            return not_modified
        return answer(snapshot_id, form, body, None, cache_control)


@lru_cache(_MOST_WISHES)
def _form(accept: bytes, accept_encoding: bytes) -> Form | None:
    try:
        return choose(accept.decode("latin-1"), accept_encoding.decode("latin-1"))
    except NotAcceptable:
        return None


@lru_cache(_MOST_WISHES)
def _not_modified(snapshot_id: str, form: Form, if_none_match: bytes, cache_control: str) -> Sent | None:
    sent = answer(snapshot_id, form, b"", if_none_match.decode("latin-1"), cache_control)
    return sent if sent.status == status.HTTP_304_NOT_MODIFIED else None
