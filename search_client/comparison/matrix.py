"""The matrix: networks by devices, and which network is the fastest on each."""

import csv
import io
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from latency_service.contract.network import WorkloadKey
from search_client.comparison.cells import Cell, Place


class Contestant(BaseModel):
    """One of the networks.

    Attributes:
        targets: The devices that it was searched for; none where it was not searched here.
        accuracy: On images that its search held out, 0 to 1; None where nobody told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    network: WorkloadKey
    macs: int
    parameters: int
    targets: tuple[Place, ...] = ()
    accuracy: float | None = None


class Standing(BaseModel):
    """Who is the fastest on one device.

    Attributes:
        fastest: Names of the networks that share the smallest latency: several where they are the same network.
        runner_up: The next one that is another network; None where there is none.
        margin_percent: How much slower it is.
        is_clear: Whether the two 95 % intervals lie apart.
        one_session: Whether all of the device's cells come of one profile. Where not, the machine's speed may have
            changed between them, which no interval tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: Place
    fastest: tuple[str, ...]
    runner_up: str | None
    margin_percent: float | None
    is_clear: bool
    one_session: bool

    def describe(self) -> str:
        """Return who is the fastest, and what that is worth, in a sentence."""
        fastest = " and ".join(self.fastest)
        if self.runner_up is None:
            return f"{self.place.label}: {fastest} is compared with no other network"
        worth = "the 95 % intervals lie apart" if self.is_clear else "the 95 % intervals overlap: it may be chance"
        caution = "" if self.one_session else "; measured at different times: --anew measures all in turns"
        return (
            f"{self.place.label}: {fastest} is the fastest, {self.runner_up} takes {self.margin_percent:.1f} % more; "
            f"{worth}{caution}"
        )


class Matrix(BaseModel):
    """Networks by devices.

    Attributes:
        rows: For each network its cells, a device each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contestants: tuple[Contestant, ...]
    places: tuple[Place, ...]
    rows: tuple[tuple[Cell, ...], ...]
    standings: tuple[Standing, ...]

    @classmethod
    def of(cls, contestants: Sequence[Contestant], places: Sequence[Place], rows: Sequence[Sequence[Cell]]) -> "Matrix":
        """Return the matrix of these cells, a row a network, a column a device."""
        columns = zip(*rows, strict=True)
        return cls(
            contestants=tuple(contestants),
            places=tuple(places),
            rows=tuple(map(tuple, rows)),
            standings=tuple(_standing(contestants, column) for column in columns),
        )

    def slowdown(self, row: int, column: int) -> float:
        """Return a cell's latency as a multiple of the smallest one on that device."""
        fastest_ms = min(cells[column].measured_ms for cells in self.rows)
        return self.rows[row][column].measured_ms / fastest_ms

    def to_csv(self) -> str:
        """Return a line a cell."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        predicted = ("predicted_ms", "network_error_percent", "snapshot_id")
        columns = (*predicted, "verdict", "measured_at", "macs", "parameters", "accuracy")
        conditions = tuple(type(self.places[0].conditions).model_fields)
        writer.writerow(("name", "network", "device", *conditions, "measured_ms", "ci_low_ms", "ci_high_ms", *columns))
        for contestant, cells in zip(self.contestants, self.rows, strict=True):
            facts = contestant.model_dump(mode="json")
            for cell in cells:
                values = cell.model_dump(mode="json") | facts
                place = (cell.place.device, *cell.place.conditions.model_dump().values())
                measured = (cell.measured_ms, *cell.measured_ci_ms)
                writer.writerow((contestant.name, cell.network, *place, *measured, *(values[name] for name in columns)))
        return text.getvalue()


def _standing(contestants: Sequence[Contestant], column: Sequence[Cell]) -> Standing:
    by_latency = sorted(zip(column, contestants, strict=True), key=lambda pair: pair[0].measured_ms)
    first = by_latency[0][0]
    fastest = tuple(contestant.name for cell, contestant in by_latency if cell.network == first.network)
    others = [(cell, contestant.name) for cell, contestant in by_latency if cell.network != first.network]
    standing = Standing(
        place=first.place,
        fastest=fastest,
        runner_up=None,
        margin_percent=None,
        is_clear=False,
        one_session=len({cell.profile_id for cell in column}) == 1,
    )
    if not others:
        return standing
    second, name = others[0]
    return standing.model_copy(
        update={
            "runner_up": name,
            "margin_percent": 100 * (second.measured_ms / first.measured_ms - 1),
            "is_clear": first.measured_ci_ms[1] < second.measured_ci_ms[0],
        }
    )
