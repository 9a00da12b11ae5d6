"""ColumnTable: any additive cost of ops - energy, memory - out of a file that people bring along."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import torch
from pyarrow import ArrowException, Table, csv, parquet, types
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from latency_service.contract.errors import InvalidInput, MissingEntries
from latency_service.contract.keys import format_key
from latency_service.contract.ops import OpSpec, Zero

OP_COLUMN = "op"


class ColumnTable(BaseModel):
    """One numeric column beside the ops' keys; a CostTable that is read once and stored with the run.

    Zero costs nothing, by definition. An op that the file lacks has no cost: asking for it is an error.

    Attributes:
        source: The file that it was read from, for people.
        column: The column's name; what follows its last underscore is the unit: `energy_mj`.
        costs: Of each op, by its key; finite and not negative.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str
    column: str
    costs: dict[str, float]

    @classmethod
    def read(cls, path: Path, column: str) -> Self:
        """Read a Parquet file, or a CSV file whatever its name ends in, with a column `op` of op keys.

        Raises:
            InvalidInput: There is no such file or column, an op stands there twice, or a cost is no number, negative,
                infinite or missing.
        """
        keys, costs = _columns(path, column)
        return cls(source=str(path), column=column, costs=dict(zip(keys, costs, strict=True)))

    @property
    def unit(self) -> str:
        """Of all costs."""
        return self.column.rpartition("_")[2]

    @property
    def intercept(self) -> float:
        """Of every network: none."""
        return 0.0

    def of(self, ops: Sequence[OpSpec]) -> Tensor:
        """Return the ops' costs in the order given: shape (len(ops),), float64, no gradient.

        Raises:
            MissingEntries: Some have none; all of them are listed.
        """
        self.require(ops)
        costs = [0.0 if isinstance(op, Zero) else self.costs[format_key(op)] for op in ops]
        return torch.tensor(costs, dtype=torch.float64)

    def require(self, ops: Iterable[OpSpec]) -> None:
        """Check that every op has a cost.

        Raises:
            MissingEntries: Some have none; all of them are listed.
        """
        keys = dict.fromkeys(format_key(op) for op in ops if not isinstance(op, Zero))
        missing = [key for key in keys if key not in self.costs]
        if missing:
            raise MissingEntries(
                f"{self.source} has no {self.column} for {len(missing)} op(s): {', '.join(missing)}; "
                "add a row for each of them",
                missing=missing,
            )


def _columns(path: Path, column: str) -> tuple[list[str], list[float]]:
    table = _read(path)
    for name in (OP_COLUMN, column):
        if table.column_names.count(name) != 1:
            raise InvalidInput(
                f"{path} needs exactly one column {name!r}, and has the columns {', '.join(table.column_names)}"
            )
    kind = table.column(column).type
    if not (types.is_integer(kind) or types.is_floating(kind)):
        raise InvalidInput(f"column {column!r} of {path} holds {kind}, and must hold numbers")
    keys, costs = list(map(str, table.column(OP_COLUMN).to_pylist())), table.column(column).to_pylist()
    for key, cost in zip(keys, costs, strict=True):
        if cost is None or not math.isfinite(cost) or cost < 0:
            raise InvalidInput(f"{column} of {key} in {path} is {cost}, and must be finite and not negative")
    for key, count in Counter(keys).items():
        if count > 1:
            raise InvalidInput(f"{path} has {key} {count} times: keep one row of it")
    return keys, list(map(float, costs))


def _read(path: Path) -> Table:
    try:
        return parquet.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
    except (ArrowException, OSError) as error:
        raise InvalidInput(f"{path} cannot be read as a table of costs: {error}") from None
