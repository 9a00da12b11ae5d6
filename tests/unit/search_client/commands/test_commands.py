import json
from pathlib import Path

import pytest
import respx
from typer.testing import Result

from search_client.architecture import Architecture
from search_client.data.registry import load_data_set
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import ON_DEVICE, SPACE, WIDTH, answer_of, call
from tests.unit.search_client.fake_service import URL, FakeService, problem
from tests.unit.search_client.small_space import table_of

BUDGET = ("--warmup-epochs", "1", "--search-epochs", "1", "--fine-tune-epochs", "0", "--image-limit", "160")


@pytest.fixture
def target_ms() -> str:
    return str(table_of(SPACE).network_ms(SPACE.network([2] * len(SPACE.blocks))))


def search(folder: Path, target_ms: str, *more: str) -> Result:
    options = ("--run", str(folder), "--target-ms", target_ms, "--space", "proxyless-cifar", "--space-param", WIDTH)
    return call("search", *options, *ON_DEVICE, *BUDGET, "--data-set", "digits", "--set", "batch_size=16", *more)


@pytest.mark.usefixtures("service")
def test_a_search_ends_with_a_network_and_its_folder(tmp_path: Path, target_ms: str) -> None:
    answer = answer_of(search(tmp_path, target_ms, "--json"))
    assert answer["data_set"] == "digits"
    assert answer["promises"][0]["device"] == "board"
    assert answer["promises"][0]["target_ms"] == pytest.approx(float(target_ms))
    assert len(answer["architecture"]["choices"]) == len(SPACE.blocks)
    assert json.loads((tmp_path / "result.json").read_text()) == answer


@pytest.mark.usefixtures("service")
def test_resuming_a_finished_search_answers_its_result_again(tmp_path: Path, target_ms: str) -> None:
    first = answer_of(search(tmp_path, target_ms, "--json"))
    assert answer_of(call("search", "--run", str(tmp_path), "--resume", "--json")) == first


@pytest.mark.usefixtures("service")
def test_a_resumed_search_takes_no_new_settings(tmp_path: Path) -> None:
    result = call("search", "--run", str(tmp_path), "--resume", "--target-ms", "1")
    assert result.exit_code == 1
    assert "keeps its settings" in result.stderr


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--target-ms", "1000"), "theirs lie between"),
        (("--image-limit", "40"), "batch"),
        (("--loss", "fast"), "constrained"),
        (("--strategy", "fast"), "proxyless-gradient"),
        (("--strategy-param", "gates=some"), "two-path"),
        (("--loss-param", "dual_step=big"), "dual_step"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_search_that_cannot_start_leaves_no_run_behind(
    tmp_path: Path, target_ms: str, more: tuple[str, str], reason: str
) -> None:
    result = search(tmp_path / "run", target_ms, *more)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_search_over_an_incomplete_table_names_the_profile_command(
    service: FakeService, tmp_path: Path, target_ms: str
) -> None:
    service.snapshot = service.snapshot.model_copy(update={"ops": service.snapshot.ops[1:]})
    result = search(tmp_path, target_ms)
    assert result.exit_code == 1
    assert "search-client profile" in result.stderr


def test_a_search_without_cifar10_says_loudly_what_it_trains_on(
    service: FakeService, tmp_path: Path, target_ms: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    given = ("--data-set", "auto", "--cache-dir", str(tmp_path / "cache"), "--json")
    result = search(tmp_path / "run", target_ms, *given)
    assert answer_of(result)["data_set"] == "digits"
    assert "NOT on CIFAR-10" in result.stderr
    assert RunFolder.open(tmp_path / "run").config.data_set == "digits"


def test_predict_sums_the_table(service: FakeService, tmp_path: Path) -> None:
    architecture = Architecture.of(SPACE, [1] * len(SPACE.blocks))
    (tmp_path / "a.json").write_text(architecture.to_json())
    answer = answer_of(call("predict", "--architecture", str(tmp_path / "a.json"), *ON_DEVICE, "--json"))
    assert answer["predicted_ms"] == pytest.approx(table_of(SPACE).network_ms(architecture.network()))
    assert answer["snapshot_id"] == service.snapshot.snapshot_id


@pytest.mark.usefixtures("service")
def test_predict_never_guesses_what_the_table_lacks() -> None:
    result = call("predict", "--network", "mobilenet-v2", *ON_DEVICE)
    assert result.exit_code == 1
    assert "v1-conv_bn_act-224x224x3" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("service")
def test_verify_of_a_run_is_kept_in_its_folder(tmp_path: Path, target_ms: str) -> None:
    search(tmp_path, target_ms)
    (answer,) = answer_of(call("verify", "--run", str(tmp_path), "--server", URL, "--json"))["results"]
    (kept,) = RunFolder.open(tmp_path).verifications
    assert kept is not None
    assert json.loads(kept.model_dump_json()) == answer
    assert answer["measured_ms"] == pytest.approx(1.0)


@pytest.mark.usefixtures("service")
def test_verify_tells_predicted_measured_and_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(Architecture.of(SPACE, [0] * len(SPACE.blocks)).to_json())
    result = call("verify", "--architecture", str(tmp_path / "a.json"), *ON_DEVICE)
    assert result.exit_code == 0, result.stderr
    assert all(word in result.stdout for word in ("predicted", "measured", "error", "ok"))


def test_an_absent_service_is_one_readable_message() -> None:
    result = call("predict", "--network", "mobilenet-v2", *ON_DEVICE[:4], "--server", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "127.0.0.1:1 cannot be reached" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_problem_of_the_service_is_told_as_it_came() -> None:
    with respx.mock(base_url=URL) as router:
        router.route().mock(side_effect=lambda _: problem(404, "device_not_found", "no device is called board"))
        result = call("profile", "--space", "proxyless-cifar", *ON_DEVICE)
    assert (result.exit_code, "no device is called board" in result.stderr) == (1, True)


def test_spaces_and_networks_are_listed() -> None:
    assert "proxyless-imagenet" in call("spaces").stdout
    assert "mobilenet-v2" in call("networks").stdout


@pytest.mark.usefixtures("service")
def test_a_search_that_misses_its_target_says_so(tmp_path: Path, target_ms: str) -> None:
    hasty = ("--derivation", "argmax", "--set", "settle_steps=0", "--set", 'loss_params={"tolerance": 1e-9}')
    result = search(tmp_path / "run", target_ms, *hasty)
    assert result.exit_code == 0, result.stderr
    assert "MISSED" in result.stdout


def test_a_search_without_a_target_names_the_option(tmp_path: Path) -> None:
    result = call("search", "--run", str(tmp_path / "run"), *ON_DEVICE)
    assert (result.exit_code, "--target-ms is missing" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--space-param", "width_mult"),
        ("--set", "colour=red"),
        ("--set", "conditions=1"),
        ("--set", "target_ms=1"),
        ("--set", "alpha_betas=[1,2]"),
        ("--set", "weight_lr=Infinity"),
    ],
)
@pytest.mark.usefixtures("service")
def test_a_mistyped_setting_is_explained(tmp_path: Path, target_ms: str, wrong: tuple[str, str]) -> None:
    result = search(tmp_path / "run", target_ms, *wrong)
    assert result.exit_code == 1
    assert wrong[1].split("=")[0] in result.stderr


def test_the_digits_fit_the_space_that_these_tests_use(tmp_path: Path) -> None:
    assert load_data_set("digits", tmp_path).resolution == SPACE.resolution


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("--strategy", "fast"), "proxyless-gradient"),
        (("--loss", "steep"), "constrained"),
        (("--loss-param", "damping=-1"), "damping not negative"),
        (("--space", "wide"), "proxyless-cifar"),
    ],
)
def test_a_search_of_unknown_parts_asks_no_service(wrong: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    nowhere = ("--device", "board/onnxruntime:5ms", "--server", "http://127.0.0.1:1")
    result = call("search", "--run", str(tmp_path / "run"), *nowhere, *wrong)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert "127.0.0.1:1" not in result.stderr
