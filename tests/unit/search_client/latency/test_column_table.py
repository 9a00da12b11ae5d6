from pathlib import Path

import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from latency_service.contract.errors import InvalidInput, MissingEntries
from latency_service.contract.keys import format_key
from latency_service.contract.ops import Zero
from search_client.latency.column_table import ColumnTable
from search_client.latency.expected import SupernetCost
from tests.unit.search_client.small_space import small_space

OPS = small_space().ops()
COSTS_MJ = [0.5 + index for index in range(len(OPS))]


def write_csv(path: Path, costs: list[object], column: str = "energy_mj") -> Path:
    rows = "".join(f"{format_key(op)},{cost}\n" for op, cost in zip(OPS, costs, strict=False))
    path.write_text(f"op,{column}\n{rows}")
    return path


def write_parquet(path: Path) -> Path:
    parquet.write_table(
        pa.table({"op": list(map(format_key, OPS)), "energy_mj": COSTS_MJ, "note": ["?"] * len(OPS)}), path
    )
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_says_what_ops_cost_and_zero_costs_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"energy{suffix}"
    table = ColumnTable.read(write_csv(path, list(COSTS_MJ)) if suffix == ".csv" else write_parquet(path), "energy_mj")
    zero = Zero(input_height=4, input_width=4, in_channels=6)
    torch.testing.assert_close(table.of([OPS[3], zero, OPS[0]]), torch.tensor([3.5, 0.0, 0.5], dtype=torch.float64))
    assert table.unit == "mj"


def test_a_column_of_a_file_can_be_a_supernets_cost(tmp_path: Path) -> None:
    table = ColumnTable.read(write_csv(tmp_path / "e.csv", [1] * len(OPS)), "energy_mj")
    cost = SupernetCost(small_space(), table)
    assert cost.of_path((0, 0, 0)) == 5  # stem, three blocks, classifier
    assert cost.of_path((0, 6, 6)) == 3  # two blocks dropped


def test_all_ops_that_the_file_lacks_are_listed(tmp_path: Path) -> None:
    table = ColumnTable.read(write_csv(tmp_path / "e.csv", list(COSTS_MJ[:-2])), "energy_mj")
    with pytest.raises(MissingEntries, match=r"e\.csv has no energy_mj for 2 op") as raised:
        SupernetCost(small_space(), table)
    assert raised.value.extra["missing"] == [format_key(op) for op in OPS[-2:]]


def test_what_was_read_is_stored_as_it_was(tmp_path: Path) -> None:
    table = ColumnTable.read(write_csv(tmp_path / "e.csv", [1 / 3, 1e-12]), "energy_mj")
    assert ColumnTable.model_validate_json(table.model_dump_json()) == table


@pytest.mark.parametrize(
    ("costs", "reason"),
    [
        (["1", "much"], "must hold numbers"),
        ([1, -2], "is -2, and must be finite"),
        ([1.0, "inf"], "is inf, and must be finite"),
        ([1.0, ""], "is None, and must be finite"),
    ],
)
def test_a_cost_that_can_be_none_is_refused(tmp_path: Path, costs: list[object], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        ColumnTable.read(write_csv(tmp_path / "e.csv", costs), "energy_mj")


def test_an_op_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "e.csv", [1, 2])
    path.write_text(path.read_text() + f"{format_key(OPS[1])},3\n")
    with pytest.raises(InvalidInput, match="2 times: keep one row"):
        ColumnTable.read(path, "energy_mj")


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"exactly one column 'memory_kb', and has the columns op, energy_mj"):
        ColumnTable.read(write_csv(tmp_path / "e.csv", [1]), "memory_kb")


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_cannot_be_read_is_one_readable_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read as a table of costs"):
        ColumnTable.read(tmp_path / name, "energy_mj")
