"""Requests that schemathesis makes up from the OpenAPI document: whatever is sent, the answer is a documented one."""

from collections.abc import Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from starlette.testclient import TestClient

from latency_service.api.openapi import operations
from latency_service.settings import KeyPolicy, Settings
from tests.integration.service.calls import PROFILE, lend, measured
from tests.integration.service.guarded import ManualTimer, guarded
from tests.service_data import DEVICE

_EXAMPLES = 8
#: Well-formed is not yet right: a key may name an op that cannot be, an interval may be empty.
_CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 304, 403, 404, 409, 410, 422]}}}
)

Operation = APIOperation[Any, Any, Any, Any]


@pytest.mark.parametrize("keys", ["off", "required"])
def test_no_request_is_answered_by_what_is_not_documented(database_url: str, keys: KeyPolicy) -> None:
    settings = Settings(database=database_url, keys=keys, requests_per_s=1e6, burst=10**6)
    with guarded(settings, ManualTimer()) as service:
        headers = service.headers("admin") if keys == "required" else {}
        if not headers:
            _document_no_keys(service.app)
        service.client.headers.update(headers)
        known = _known_names(service.client)
        schema = schemathesis.openapi.from_asgi("/openapi.json", service.app, config=_CONFIG)
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            _try(found.ok(), headers, known)


def _document_no_keys(app: FastAPI) -> None:
    """The document is that of a service with keys; schemathesis would tell that this one takes none."""
    for _, _, operation in operations(app.openapi()):
        operation.pop("security", None)


def _known_names(client: TestClient) -> dict[str, str]:
    """Return what is really there, by the names of the parameters that may name it."""
    status = measured(client)
    client.post("/v1/profiles", json=PROFILE | {"max_age_s": 0})
    return {
        "name": DEVICE,
        "token": lend(client).token,
        "profile_id": status.profile_id,
        "table_id": str(status.table_id),
        "snapshot_id": str(status.snapshot_id),
    }


def _try(operation: Operation, headers: dict[str, str], known: Mapping[str, str]) -> None:
    """Send an operation what fits its description and what does not, to made-up names and to real ones."""

    @hypothesis.settings(
        max_examples=_EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def try_(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(GenerationMode))
        case = data.draw(operation.as_strategy(mode))
        if data.draw(st.booleans()):
            case.path_parameters = {name: known.get(name, made_up) for name, made_up in case.path_parameters.items()}
        case.call_and_validate(headers=headers)

    try_()
