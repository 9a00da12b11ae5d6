from collections.abc import Iterator

import pytest

from latency_service.api.problems import documented
from latency_service.contract import errors
from latency_service.contract.errors import LatencyError


def service_errors() -> Iterator[type[LatencyError]]:
    yield from (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LatencyError))


@pytest.mark.parametrize("error", [each for each in service_errors() if each is not LatencyError])
def test_every_error_has_a_status_of_its_own_category(error: type[LatencyError]) -> None:
    responses = documented(error)
    (status,) = [
        status
        for status, response in responses.items()
        if error.code in response["content"]["application/problem+json"]["examples"]
    ]
    assert status in (401, 403, 404, 406, 409, 410, 413, 422, 429, 503)


def test_errors_of_one_status_are_documented_together() -> None:
    response = documented(errors.DeviceNotFound, errors.ProfileNotFound)[404]
    assert "`device_not_found`" in response["description"]
    assert "`profile_not_found`" in response["description"]
