"""Negotiation: which form of a snapshot a caller gets, by Accept and Accept-Encoding (RFC 9110, section 12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from latency_service.contract.errors import NotAcceptable
from latency_service.interchange.media_types import MEDIA_TYPES, MediaType

Coding = Literal["zstd", "gzip", "identity"]

_CODINGS: tuple[Coding, ...] = ("zstd", "gzip", "identity")
_ANY = "*"
_QUALITY = re.compile(r"[01](\.\d*)?", re.ASCII)


@dataclass(frozen=True)
class Form:
    """A media type in a content coding."""

    media_type: MediaType
    coding: Coding

    def etag(self, snapshot_id: str) -> str:
        """Return the entity tag of a snapshot in this form; that of plain JSON is the snapshot's id."""
        coding = "" if self.coding == "identity" else f"-{self.coding}"
        return f'"{snapshot_id}{self.media_type.suffix}{coding}"'

    def is_known(self, snapshot_id: str, if_none_match: str) -> bool:
        """Say whether a caller with these entity tags has the snapshot as this media type, in whatever coding."""
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        same = {Form(self.media_type, coding).etag(snapshot_id) for coding in _CODINGS}
        return _ANY in tags or bool(tags & same)


def choose(accept: str, accept_encoding: str) -> Form:
    """Return the form that a caller likes best; among equals ours.

    Args:
        accept: The header's value; empty takes anything.
        accept_encoding: The header's value; empty takes no coding.

    Raises:
        NotAcceptable: There is no form that the caller takes.
    """
    wanted = _weights(accept) or {"*/*": 1.0}
    media_type = max(MEDIA_TYPES, key=lambda each: _media_weight(each.name, wanted))
    if _media_weight(media_type.name, wanted) <= 0:
        names = ", ".join(each.name for each in MEDIA_TYPES)
        raise NotAcceptable(f"there is no snapshot as {accept!r}; Accept one of {names}")
    codings = _weights(accept_encoding)
    offered: tuple[Coding, ...] = ("identity",) if media_type.is_compressed else _CODINGS
    coding = max(offered, key=lambda each: _coding_weight(each, codings))
    if _coding_weight(coding, codings) <= 0:
        raise NotAcceptable(
            f"there is no snapshot in a coding of {accept_encoding!r}; accept one of {', '.join(offered)}"
        )
    return Form(media_type, coding)


def _media_weight(name: str, wanted: Mapping[str, float]) -> float:
    ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
    return next((wanted[each] for each in ranges if each in wanted), 0.0)


def _coding_weight(coding: Coding, wanted: Mapping[str, float]) -> float:
    if coding in wanted or _ANY in wanted:
        return wanted.get(coding, wanted.get(_ANY, 0.0))
    # Not named, it is still acceptable; but whoever names codings prefers those.
    return 1e-6 if coding == "identity" else 0.0


def _weights(header: str) -> dict[str, float]:
    """Return what a header names, with the weight of each; what is no weight counts as none."""
    weights = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if name:
            weights[name] = _quality(quality)
    return weights


def _quality(text: str) -> float:
    return min(float(text), 1.0) if _QUALITY.fullmatch(text) else 0.0
