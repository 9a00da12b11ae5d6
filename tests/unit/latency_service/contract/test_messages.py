import subprocess
import sys

import pytest
from pydantic import ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceState
from latency_service.contract.errors import InvalidKey
from latency_service.contract.keys import EXAMPLE_KEY
from latency_service.contract.measurement import Failure
from latency_service.contract.messages import JobId, JobResult, LookupRequest, ProfileRequest
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import WorkloadKey


def test_a_profile_request_takes_keys_and_networks_and_survives_the_wire() -> None:
    network = named_network("mobilenet-v2", resolution=32)
    request = ProfileRequest.model_validate(
        {
            "device": "board",
            "conditions": {"runtime": "tflite"},
            "workloads": [EXAMPLE_KEY, network.model_dump()],
        }
    )
    assert request.workloads[1] == network
    assert ProfileRequest.model_validate_json(request.model_dump_json()) == request


def test_a_wrong_key_in_a_profile_request_says_what_is_wrong() -> None:
    with pytest.raises(InvalidKey, match="known are"):
        ProfileRequest.model_validate(
            {"device": "board", "conditions": {"runtime": "tflite"}, "workloads": ["v1-conv-1x1x1"]}
        )


@pytest.mark.parametrize(
    "wrong",
    [{"device": "a b"}, {"conditions": {"runtime": "TFLite"}}, {"workloads": []}, {"max_age_s": "inf"}, {"more": 1}],
)
def test_a_profile_request_with_wrong_members_is_refused(wrong: dict[str, object]) -> None:
    right = {"device": "board", "conditions": {"runtime": "tflite"}, "workloads": [EXAMPLE_KEY]}
    with pytest.raises(ValidationError):
        ProfileRequest.model_validate({**right, **wrong})


def test_a_result_holds_exactly_one_of_measurement_and_failure() -> None:
    failure = Failure(error_class="crashed", message="signal 11")
    assert JobResult(job_id=JobId("1"), failure=failure).failure == failure
    with pytest.raises(ValidationError, match="exactly one"):
        JobResult(job_id=JobId("1"))


def test_a_fingerprint_depends_on_the_facts_and_not_on_their_order() -> None:
    state = DeviceState(facts={"kernel": "6.1", "governor": None})
    assert state.fingerprint == DeviceState(facts={"governor": None, "kernel": "6.1"}).fingerprint
    assert state.fingerprint != DeviceState(facts={"kernel": "6.2", "governor": None}).fingerprint


def test_failures_that_another_attempt_cannot_mend_are_final() -> None:
    final = {
        c: Failure(error_class=c, message="").is_final for c in ("unsupported", "out_of_memory", "crashed", "timed_out")
    }
    assert final == {"unsupported": True, "out_of_memory": True, "crashed": False, "timed_out": False}


def test_conditions_read_as_a_sentence() -> None:
    assert str(Conditions(runtime="torch", threads=2)) == "torch fp32 on cpu, batch 1, 2 thread(s), hot cache, eager"


def test_the_contract_loads_neither_a_web_framework_nor_an_orm_nor_arrays() -> None:
    heavy = "{'fastapi', 'sqlalchemy', 'torch', 'numpy', 'httpx', 'typer'}"
    code = f"import sys, latency_service.contract.messages; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_lookup_that_allows_nothing_is_the_body_of_before() -> None:
    """Former services refuse members that they do not know, and such a body is answered from memory."""
    request = LookupRequest(ops=(WorkloadKey(EXAMPLE_KEY),))
    assert request.model_dump_json() == f'{{"ops":["{EXAMPLE_KEY}"]}}'
    predicted = LookupRequest(ops=request.ops, allow_predicted=True)
    assert LookupRequest.model_validate_json(predicted.model_dump_json()) == predicted
