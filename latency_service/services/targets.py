"""Targets: which table a file's rows go to, as the file and the person who imports it say."""

from dataclasses import dataclass
from typing import TypeVar

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import TableId
from latency_service.repositories import conditions, latency_tables
from latency_service.services.sheets import Facts

T = TypeVar("T")


@dataclass(frozen=True)
class FileFacts:
    """What is noted of an imported file; `hash` is the SHA-256 of its bytes."""

    format: str
    name: str
    hash: str


@dataclass(frozen=True)
class Target:
    """Where a file's rows go.

    Attributes:
        source: Where the values come from: a paper, a repository, a colleague.
        replace: Whether values that the table has already are replaced.
        skip_refused: Whether the good rows are taken where others are refused.
    """

    device: str
    conditions: Conditions
    source: str
    file: FileFacts
    replace: bool = False
    skip_refused: bool = False

    @property
    def table_id(self) -> TableId:
        """The table's id, be it there or not."""
        row_id = conditions.conditions_id(self.conditions)
        return latency_tables.imported_id(self.device, self.source, row_id)


def make_target(told: Facts, in_file: Facts, file: FileFacts, replace: bool, skip_refused: bool) -> Target:
    """Return where a file's rows go.

    Raises:
        InvalidInput: The person and the file contradict each other, or neither says something that must be known.
    """
    return Target(
        device=_agreed("--device", told.device, in_file.device),
        conditions=_agreed("--runtime and --condition", told.conditions, in_file.conditions),
        source=_agreed("--source", told.source, in_file.source),
        file=file,
        replace=replace,
        skip_refused=skip_refused,
    )


def _agreed(option: str, told: T | None, in_file: T | None) -> T:
    if told is None and in_file is None:
        raise InvalidInput(f"the file does not tell all that must be known of it: give {option}")
    if told is not None and in_file is not None and told != in_file:
        raise InvalidInput(f"the file says {in_file}, and {option} says {told}: one of them is wrong")
    agreed = in_file if told is None else told
    assert agreed is not None, "one of the two is not None"
    return agreed
