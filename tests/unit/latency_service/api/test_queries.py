import pytest
from pydantic import ValidationError

from latency_service.api.queries import LatencyQuery, TableQuery
from latency_service.contract.conditions import Conditions


def test_the_conditions_of_a_latency_have_defaults() -> None:
    query = LatencyQuery(device="board", runtime="onnxruntime", op="v1-identity-8x8x4", threads=2)
    assert query.conditions == Conditions(runtime="onnxruntime", threads=2)


def test_a_misspelt_parameter_is_refused_rather_than_ignored() -> None:
    with pytest.raises(ValidationError, match="thread"):
        TableQuery.model_validate({"thread": 2})
