from datetime import UTC

import pytest
from pydantic import TypeAdapter, ValidationError

from latency_service.contract.limits import Moment

MOMENT: TypeAdapter[Moment] = TypeAdapter(Moment)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2030-01-01T00:00:00"])
def test_a_moment_that_is_none_in_every_time_zone_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


def test_a_board_without_a_clock_that_keeps_time_may_live_in_1970() -> None:
    assert MOMENT.validate_python("1970-01-01T00:00:10Z").astimezone(UTC).year == 1970


@pytest.mark.parametrize("value", ["0", "1893456000", "-2.3e-211", 1893456000, 1.5, True])
def test_a_moment_is_not_a_number_of_seconds(value: object) -> None:
    with pytest.raises(ValidationError, match="such as 2030-01-31T12:00:00Z"):
        MOMENT.validate_python(value)
