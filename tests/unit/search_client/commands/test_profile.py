import pytest

from latency_service.contract.messages import JobFailure, SnapshotId, TransferNote
from latency_service.contract.network import workload_key
from search_client.spaces.anchors import choose_anchors
from tests.unit.search_client.commands.calls import ON_DEVICE, SPACE, WIDTH, answer_of, call
from tests.unit.search_client.fake_service import URL, FakeService

OF_SPACE = ("--space", "proxyless-cifar", "--space-param", WIDTH, *ON_DEVICE)


def test_profile_asks_for_the_whole_space_and_tells_what_its_networks_take(service: FakeService) -> None:
    answer = answer_of(
        call("profile", "--space", "proxyless-cifar", "--space-param", WIDTH, *ON_DEVICE, "--max-age-s", "60", "--json")
    )
    assert service.profile is not None
    assert service.profile.workloads == SPACE.ops()
    assert service.profile.max_age_s == 60
    assert answer["snapshot_id"] == service.snapshot.snapshot_id
    assert (answer["ops"], answer["already_measured"]) == (len(SPACE.ops()), 1)
    assert answer["fastest_ms"] < answer["slowest_ms"]


def test_a_space_is_profiled_with_ten_of_its_networks(service: FakeService) -> None:
    answer = answer_of(call("profile", *OF_SPACE, "--json"))
    assert service.profile is not None
    assert service.profile.anchors == choose_anchors(SPACE, 10, seed=0)
    assert answer["anchors"] == 10


def test_number_and_seed_of_the_networks_can_be_chosen(service: FakeService) -> None:
    answer = answer_of(call("profile", *OF_SPACE, "--anchors", "3", "--anchor-seed", "5", "--json"))
    assert service.profile is not None
    assert service.profile.anchors == choose_anchors(SPACE, 3, seed=5)
    assert answer["anchors"] == 3


def test_without_anchors_ops_alone_are_measured(service: FakeService) -> None:
    answer = answer_of(call("profile", *OF_SPACE, "--anchors", "0", "--json"))
    assert service.profile is not None
    assert (service.profile.anchors, answer["anchors"], answer["network_error_percent"]) == ((), 0, None)


def test_a_profile_of_a_network_has_no_anchors(service: FakeService) -> None:
    answer_of(call("profile", "--network", "mobilenet-v2", *ON_DEVICE, "--json"))
    assert service.profile is not None
    assert service.profile.anchors == ()


def test_anchors_count_as_work_but_not_as_ops(service: FakeService) -> None:
    service.queues_anchors = True
    result = call("profile", *OF_SPACE, "--anchors", "4")
    num_ops = len(SPACE.ops())
    assert f"{num_ops + 4}/{num_ops + 4}" in result.stderr
    answer = answer_of(call("profile", *OF_SPACE, "--anchors", "4", "--json"))
    assert (answer["ops"], answer["already_measured"], answer["measured"]) == (num_ops, 1, num_ops - 1)


def test_profile_of_a_known_network_asks_for_its_ops(service: FakeService) -> None:
    answer = answer_of(call("profile", "--network", "mobilenet-v2", *ON_DEVICE, "--threads", "2", "--json"))
    assert service.profile is not None
    assert service.profile.conditions.threads == 2
    assert answer["ops"] == len(set(service.profile.workloads))
    assert answer["fastest_ms"] is None


def test_any_other_condition_is_asked_for_by_its_name(service: FakeService) -> None:
    conditions = ("--condition", "cache_state=cold", "--condition", "backend=xnnpack")
    answer_of(call("profile", "--network", "mobilenet-v2", *ON_DEVICE, *conditions, "--json"))
    assert service.profile is not None
    assert (service.profile.conditions.cache_state, service.profile.conditions.backend) == ("cold", "xnnpack")


def test_profile_for_a_backend_that_does_not_work_there_says_why_at_once(service: FakeService) -> None:
    result = call("profile", "--network", "mobilenet-v2", *ON_DEVICE, "--condition", "backend=cuda")
    assert (result.exit_code, service.profile) == (1, None)
    assert "cannot run on cuda on board: no GPU" in result.stderr


def test_a_condition_that_another_option_gives_too_is_refused(service: FakeService) -> None:
    result = call("profile", "--network", "mobilenet-v2", *ON_DEVICE, "--threads", "1", "--condition", "threads=2")
    assert (result.exit_code, service.profile) == (1, None)
    assert "--condition threads=" in result.stderr


def test_profile_for_a_runtime_that_nobody_serves_does_not_wait_for_ever(service: FakeService) -> None:
    device = ("--device", "board", "--server", URL)
    result = call("profile", "--network", "mobilenet-v2", *device, "--runtime", "torch")
    assert (result.exit_code, service.profile) == (1, None)
    assert "does not serve torch, but onnxruntime" in result.stderr


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ((), "exactly one of --space, --architecture and --network"),
        (("--space", "proxyless-cifar", "--network", "mobilenet-v2"), "exactly one of --space"),
        (("--network", "mobilenet-v2", "--space-param", WIDTH), "--space-param belongs to --space"),
        (("--network", "mobilenet-v2", "--anchors", "10"), "--anchors and --anchor-seed belong to --space"),
        (("--network", "mobilenet-v2", "--anchor-seed", "1"), "--anchors and --anchor-seed belong to --space"),
        (("--network", "mobilenet-v2", "--device", "no board"), "device: "),
        (("--space", "proxyless-cifar", "--space-param", "width_mult=wide"), "width_mult"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_profile_of_nothing_sensible_is_explained(wrong: tuple[str, ...], reason: str) -> None:
    result = call("profile", *ON_DEVICE, *wrong)
    assert (result.exit_code, reason in result.stderr) == (1, True), result.stderr


def test_profile_names_the_ops_that_could_not_be_measured(service: FakeService) -> None:
    failed = workload_key(SPACE.ops()[0])
    service.failures = (JobFailure(workload=failed, error_class="unsupported", message="no such kernel", attempts=1),)
    result = call("profile", "--space", "proxyless-cifar", "--space-param", WIDTH, *ON_DEVICE)
    assert result.exit_code == 1
    assert failed in result.stderr
    assert "no such kernel" in result.stderr
    assert "--anchors" not in result.stderr


def test_profile_says_how_to_do_without_networks_that_could_not_be_measured(service: FakeService) -> None:
    failed = workload_key(choose_anchors(SPACE, 1, seed=0)[0])
    service.failures = (JobFailure(workload=failed, error_class="out_of_memory", message="too big", attempts=1),)
    result = call("profile", *OF_SPACE)
    assert result.exit_code == 1
    assert failed in result.stderr
    assert "--anchors 0" in result.stderr


def test_a_quick_profile_asks_for_a_few_ops_and_tells_what_is_predicted_from_what(service: FakeService) -> None:
    note = TransferNote(measured=10, predicted=9, tables=(SnapshotId("a"), SnapshotId("b")), spread_percent=8.0)
    service.snapshot = service.snapshot.model_copy(update={"transfer": note})
    service.predicts = SPACE.ops()[-9:]
    answer = answer_of(call("profile", *OF_SPACE, "--anchors", "0", "--quick", "10", "--json"))
    assert service.profile is not None
    assert (service.profile.quick, service.profile.workloads) == (10, SPACE.ops())
    assert (answer["ops"], answer["predicted"], answer["measured"]) == (len(SPACE.ops()), 9, len(SPACE.ops()) - 10)
    assert answer["transfer"]["predicted"] == 9
    told = call("profile", *OF_SPACE, "--anchors", "0", "--quick", "10")
    measured = len(SPACE.ops()) - 9
    assert f"{measured}/{measured}" in told.stderr
    assert "9 ops, from 10 that were measured and 2 tables" in " ".join(told.stdout.replace("│", " ").split())


def test_a_network_too_is_profiled_with_a_warning_of_what_is_predicted(service: FakeService) -> None:
    note = TransferNote(measured=10, predicted=9, tables=(SnapshotId("a"), SnapshotId("b")), spread_percent=8.0)
    service.snapshot = service.snapshot.model_copy(update={"transfer": note})
    told = call("profile", "--network", "mobilenet-v2", *ON_DEVICE, "--quick", "10")
    assert told.exit_code == 0, told.output
    assert "predicted on board" in told.stderr


def test_a_plain_profile_predicts_nothing(service: FakeService) -> None:
    answer = answer_of(call("profile", *OF_SPACE, "--json"))
    assert service.profile is not None
    assert (service.profile.quick, answer["predicted"], answer["transfer"]) == (None, 0, None)
