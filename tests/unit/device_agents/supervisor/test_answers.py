import json
from typing import Any

import pytest
from pydantic import ValidationError

from device_agents.supervisor.answers import read_answer
from latency_service.contract.errors import AgentTooOld
from latency_service.contract.messages import Lease, LeaseRenewed
from tests.unit.device_agents.parts import a_lease


def lease_document(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(a_lease().model_dump_json())
    return document | changes


def read(document: dict[str, Any]) -> Lease:
    return read_answer(json.dumps(document).encode(), Lease)


def test_what_a_newer_service_adds_is_left_out_at_every_depth() -> None:
    document = lease_document(priority=7)
    document["jobs"][0]["deadline_s"] = 60
    assert read(document) == a_lease()


def test_conditions_that_this_agent_does_not_know_are_never_ignored() -> None:
    document = lease_document(extra=1)
    document["conditions"]["power_mode"] = "low"
    with pytest.raises(AgentTooOld, match=r"conditions\.power_mode.*upgrade the agent"):
        read(document)


def test_a_value_of_the_conditions_that_this_agent_does_not_know_is_not_guessed_at() -> None:
    document = lease_document()
    document["conditions"]["mode"] = "warp"
    with pytest.raises(AgentTooOld, match=r"conditions\.mode"):
        read(document)


@pytest.mark.parametrize("workload", ["v1-attention-4x4x8-out8", {"ops": ["v1-identity-1x1x1"], "glue": "sum"}])
def test_a_workload_that_this_agent_does_not_know_is_not_guessed_at(workload: object) -> None:
    document = lease_document()
    document["jobs"][0]["workload"] = workload
    with pytest.raises(AgentTooOld, match="upgrade the agent"):
        read(document)


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"cancelled": 3, "more": 1}', b'"text"', b'{"conditions": 1}'])
def test_what_is_no_such_message_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        read_answer(content, LeaseRenewed)


def test_garbage_in_the_place_of_a_lease_is_no_reason_to_upgrade() -> None:
    with pytest.raises(ValidationError):
        read(lease_document(conditions=None))
