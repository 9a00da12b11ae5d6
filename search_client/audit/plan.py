"""Plan: what an audit measures, fixed before its first session and the same in all of them."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import TableId
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from search_client.audit.networks import AuditedNetwork, draw_held_out, published_beside
from search_client.latency.table import LatencyTable
from search_client.spaces.anchors import choose_anchors
from search_client.spaces.space import SearchSpace, SpaceParam

DEFAULT_ANCHORS = 10


class AuditSettings(BaseModel):
    """What was asked for.

    Attributes:
        networks: How many random ones.
        seed: Draws these.
        anchors: How many are measured beside them; None: those that the table has, or DEFAULT_ANCHORS; 0: none, and
            nothing is corrected.
        anchor_seed: Of the space's anchors; as it was when the table was profiled.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    space_params: dict[str, SpaceParam]
    device: str
    conditions: Conditions
    networks: int
    seed: int
    anchors: int | None
    anchor_seed: int

    @property
    def is_corrected(self) -> bool:
        """Whether anchors are measured, and predictions corrected by them."""
        return self.anchors != 0


class Plan(BaseModel):
    """What each session measures.

    Attributes:
        table_id: Stands for the device's state.
        left_out: Published networks by name, and why they are not measured.
        remarks: What a person should know beside the figures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: AuditSettings
    table_id: TableId
    networks: tuple[AuditedNetwork, ...]
    anchors: tuple[NetworkSpec, ...]
    left_out: dict[str, str]
    remarks: tuple[str, ...]

    @property
    def named_anchors(self) -> dict[str, NetworkSpec]:
        """The anchors by name."""
        return {f"anchor-{number}": anchor for number, anchor in enumerate(self.anchors, start=1)}

    @property
    def specs(self) -> dict[str, NetworkSpec]:
        """All that is measured, by name."""
        return {network.name: network.spec for network in self.networks} | self.named_anchors

    @classmethod
    def make(cls, settings: AuditSettings, space: SearchSpace, table: LatencyTable) -> Self:
        """Choose the networks.

        Raises:
            MissingEntries: The table lacks some of the space's ops.
            InvalidInput: The space has not so many networks, or the anchors cannot be those of the table.
        """
        table.require(space.ops())
        known = _anchor_keys(table)
        anchors = _anchors(settings, space, known) if settings.is_corrected else ()
        held_out = draw_held_out(
            space, settings.networks, settings.seed, known | {workload_key(anchor) for anchor in anchors}
        )
        published, left_out = published_beside(space, table)
        return cls(
            settings=settings,
            table_id=table.snapshot.table_id,
            networks=(*held_out, *published),
            anchors=anchors,
            left_out=left_out,
            remarks=_remarks(known, anchors) if settings.is_corrected else (),
        )


def _anchor_keys(table: LatencyTable) -> set[WorkloadKey]:
    correction = table.snapshot.correction
    return set() if correction is None else set(map(WorkloadKey, correction.anchors))


def _anchors(settings: AuditSettings, space: SearchSpace, known: set[WorkloadKey]) -> tuple[NetworkSpec, ...]:
    if settings.anchors is not None or not known:
        return choose_anchors(space, settings.anchors or DEFAULT_ANCHORS, settings.anchor_seed)
    drawn = choose_anchors(space, len(known), settings.anchor_seed)
    anchors = tuple(network for network in drawn if workload_key(network) in known)
    if not anchors:
        raise InvalidInput(
            f"none of the table's {len(known)} anchors is of space {space.name!r} by --anchor-seed "
            f"{settings.anchor_seed}: give the seed that they were drawn by, or --anchors for new ones"
        )
    return anchors


def _remarks(known: set[WorkloadKey], anchors: tuple[NetworkSpec, ...]) -> tuple[str, ...]:
    stale = known - {workload_key(anchor) for anchor in anchors}
    if not stale:
        return ()
    return (
        f"{len(stale)} of the table's {len(known)} anchors are not measured again: the correction has them from older "
        "sessions, whose speed may have been another",
    )
