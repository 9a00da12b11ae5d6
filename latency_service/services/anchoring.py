"""Anchoring: a profile's anchors are measured whenever anything of it is, among its ops."""

from collections.abc import Sequence


def spread(keys: Sequence[str], anchors: Sequence[str]) -> list[str]:
    """Return keys in their order with all anchors evenly among them, so that every batch of a queue holds both."""
    among = set(anchors)
    ops = [key for key in keys if key not in among]
    places = [((index + 0.5) / len(several), key) for several in (ops, anchors) for index, key in enumerate(several)]
    return [key for _, key in sorted(places, key=lambda place: place[0])]
