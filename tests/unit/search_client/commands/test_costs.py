from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput
from search_client.commands.costs import parse_cost
from search_client.latency.count_table import CountTable
from search_client.training.targets import ColumnTarget, CountTarget


@pytest.mark.parametrize("count", ["macs", "parameters"])
def test_a_count_needs_no_file(count: str) -> None:
    cost = parse_cost(f"{count}:3e6@0.5")
    assert cost == CountTarget.model_validate({"count": count, "target": 3e6, "weight": 0.5})
    assert isinstance(cost.table(), CountTable)


def test_a_column_of_a_file_is_told_by_both_names() -> None:
    cost = parse_cost("tables/energy.csv:energy_mj:5")
    assert cost == ColumnTarget(file=Path("tables/energy.csv"), column="energy_mj", target=5.0)
    assert cost.label == "energy_mj"


def test_a_files_path_may_hold_colons() -> None:
    cost = parse_cost(r"C:\energy.csv:energy_mj:5")
    assert isinstance(cost, ColumnTarget)
    assert cost.file == Path(r"C:\energy.csv")


@pytest.mark.parametrize("text", ["", "macs", "5", "energy.csv:5", ":energy_mj:5", "flops:5"])
def test_another_form_is_answered_with_the_right_ones(text: str) -> None:
    with pytest.raises(InvalidInput, match="FILE:COLUMN:TARGET"):
        parse_cost(text)


@pytest.mark.parametrize("text", ["macs:many", "macs:0", "macs:-1", "macs:inf", "macs:5@", "macs:5@0", "e.csv:mj:nan"])
def test_a_number_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"--cost {text}: (target|weight)"):
        parse_cost(text)
