"""`search-client advise`: which ops of a space or network a table lacks, and which of them to measure next."""

from collections import Counter

import pytest

from latency_service.contract.messages import AdvisedOp
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import workload_key
from tests.unit.search_client.commands.calls import ON_DEVICE, SPACE, WIDTH, answer_of, call
from tests.unit.search_client.fake_service import FakeService

OF_SPACE = ("--space", "proxyless-cifar", "--space-param", WIDTH, *ON_DEVICE)
FAR, NEAR = (workload_key(op) for op in SPACE.ops()[:2])
UNKNOWN = AdvisedOp(workload=FAR, occurrences=2, reason="no op like it was measured")
KNOWN = AdvisedOp(workload=NEAR, occurrences=1, latency_ms=0.5, ci_low_ms=0.4, ci_high_ms=0.65, remaining=0.125)


def test_it_asks_for_the_ops_of_every_place_of_a_space(service: FakeService) -> None:
    answer = answer_of(call("advise", *OF_SPACE, "--limit", "5", "--json"))
    assert service.asked is not None
    asked = Counter(service.asked.ops)
    assert set(asked) == set(map(workload_key, SPACE.ops()))
    assert max(asked.values()) > 1
    assert (service.asked.limit, service.profile) == (5, None)
    assert (answer["advice"]["lacking"], answer["profile"]) == (0, None)


def test_an_op_counts_as_often_as_it_occurs_in_a_network(service: FakeService) -> None:
    answer_of(call("advise", "--network", "mobilenet-v2", *ON_DEVICE, "--json"))
    assert service.asked is not None
    assert Counter(service.asked.ops) == Counter(map(workload_key, named_network("mobilenet-v2").ops))


def test_it_tells_what_cannot_be_predicted_and_what_tells_most(service: FakeService) -> None:
    service.advised = (UNKNOWN, KNOWN)
    result = call("advise", *OF_SPACE)
    assert result.exit_code == 0, result.stderr
    told = "".join(result.stdout.split()).replace("│", "")
    assert "2opsarelacking" in told
    assert "12%" in told
    for text in (FAR[:20], "noop", "0.5ms"):
        assert text in told
    assert service.profile is None


def test_it_has_what_it_names_measured_where_asked_to(service: FakeService) -> None:
    service.advised = (UNKNOWN, KNOWN)
    answer = answer_of(call("advise", *OF_SPACE, "--measure", "--json"))
    assert service.profile is not None
    assert service.profile.workloads == SPACE.ops()[:2]
    assert [each["workload"] for each in answer["advice"]["ops"]] == [FAR, NEAR]
    assert answer["profile"]["ops"] == 2


def test_where_nothing_is_lacking_nothing_is_measured(service: FakeService) -> None:
    answer = answer_of(call("advise", *OF_SPACE, "--measure", "--json"))
    assert (answer["profile"], service.profile) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("--runtime", "onnxruntime"), "exactly one of --space, --architecture and --network"),
        (("--network", "mobilenet-v2", "--runtime", "tflite"), "nothing has been measured on 'board'"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_question_that_cannot_be_answered_is_explained(wrong: tuple[str, ...], reason: str) -> None:
    result = call("advise", *ON_DEVICE, *wrong)
    assert (result.exit_code, reason in result.stderr) == (1, True), result.stderr
