"""The search; and, for somebody's own supernet, the latency table and the expected latency that its loss needs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search_client.latency.client import ServiceClient
    from search_client.latency.expected import ShapeMismatch, expected_latency_ms
    from search_client.latency.table import LatencyTable

__all__ = ["LatencyTable", "ServiceClient", "ShapeMismatch", "expected_latency_ms"]

_ROOMS = {
    "LatencyTable": "search_client.latency.table",
    "ServiceClient": "search_client.latency.client",
    "ShapeMismatch": "search_client.latency.expected",
    "expected_latency_ms": "search_client.latency.expected",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and torch with it, only then: a command line's --help needs neither."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
