"""What became of a file of latencies: rows taken, rows refused, and where they went."""

from typing import Annotated

from pydantic import Field

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.limits import LONGEST_NAME
from latency_service.contract.messages.base import Message, SnapshotId, TableId

#: Where imported values come from, in a line.
SourceName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]+$")]


class RowRemark(Message):
    """Something to be said of one row of a file.

    Attributes:
        line: The row's line in a text file; in JSON and Parquet files the how-manieth entry it is. 0 is the whole file.
        row: What the file calls the row, cut short where it is long.
    """

    line: int
    row: str
    remark: str


class ImportReport(Message):
    """What an import did, or would do.

    Attributes:
        table_id: The table that the rows belong to, be it there already or not.
        snapshot_id: That of the table afterwards; None where nothing was written.
        new: Rows of workloads that the table had no value for.
        replaced: Rows whose workloads had another value.
        unchanged: Rows that the table held already.
        refused: Rows that were left out, each with the reason; all of the file is, unless refused rows are skipped.
        notes: What is worth knowing of rows that were taken.
    """

    device: DeviceName
    conditions: Conditions
    source: SourceName
    table_id: TableId
    snapshot_id: SnapshotId | None
    new: int
    replaced: int
    unchanged: int
    refused: tuple[RowRemark, ...]
    notes: tuple[RowRemark, ...]
