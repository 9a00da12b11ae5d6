"""Target and CostTarget: what the network of a search shall cost, on a device or by another table."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from search_client.latency.column_table import ColumnTable
from search_client.latency.cost_table import CostTable
from search_client.latency.count_table import Count, CountTable


class Target(BaseModel):
    """What the network shall cost on one device.

    Attributes:
        target_ms: Latency, milliseconds.
        weight: What this device counts in the loss where there are several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    device: DeviceName
    conditions: Conditions
    target_ms: float = Field(gt=0)
    weight: float = Field(default=1.0, gt=0)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.device} {self.conditions.runtime}"


class CountTarget(BaseModel):
    """How many multiply-accumulates or parameters the network shall have.

    Attributes:
        weight: What this counts in the loss beside the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    count: Count
    target: float = Field(gt=0)
    weight: float = Field(default=1.0, gt=0)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return self.count

    def table(self) -> CostTable:
        """Return what tells an op's cost."""
        return CountTable(self.count)


class ColumnTarget(BaseModel):
    """What the network shall cost by a column of a file.

    Attributes:
        file: Parquet or CSV, see ColumnTable; a run reads it once, at its start.
        target: In the column's unit.
        weight: What this counts in the loss beside the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    file: Path
    column: str
    target: float = Field(gt=0)
    weight: float = Field(default=1.0, gt=0)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return self.column

    def table(self) -> CostTable:
        """Read the file."""
        return ColumnTable.read(self.file, self.column)


CostTarget = CountTarget | ColumnTarget
