from typing import Any

import pytest
from pydantic import ValidationError

from latency_service.contract.device import DeviceDescription
from tests.service_data import registration


@pytest.mark.parametrize("wrong", [{"memory_bytes": "9" * 30}, {"logical_cores": 2**63}, {"memory_bytes": 0}])
def test_a_size_that_no_database_holds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeviceDescription.model_validate(registration().description.model_dump() | wrong)
