"""Costs beside latency as they are typed: `--cost macs:300e6`, `--cost energy.csv:energy_mj:5`."""

from typing import Any, get_args

from pydantic import ValidationError

from latency_service.contract.errors import InvalidInput
from search_client.faults import first_fault
from search_client.latency.count_table import Count
from search_client.training.targets import ColumnTarget, CostTarget, CountTarget


def parse_cost(text: str) -> CostTarget:
    """Read one cost.

    Args:
        text: `macs:TARGET[@WEIGHT]`, `parameters:TARGET[@WEIGHT]` or `FILE:COLUMN:TARGET[@WEIGHT]`.

    Raises:
        InvalidInput: The text has another form, or a number is none or out of range.
    """
    place, _, aim = text.rpartition(":")
    target, at, weight = aim.partition("@")
    values: dict[str, Any] = {"target": target, **({"weight": weight} if at else {})}
    file, _, column = place.rpartition(":")
    try:
        if place in get_args(Count):
            return CountTarget.model_validate({"count": place, **values})
        if file and column:
            return ColumnTarget.model_validate({"file": file, "column": column, **values})
    except ValidationError as error:
        raise InvalidInput(f"--cost {text}: {first_fault(error)}") from None
    raise InvalidInput(
        f"--cost {text} is neither macs:TARGET, nor parameters:TARGET, nor FILE:COLUMN:TARGET, "
        "such as energy.csv:energy_mj:5"
    )
