from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.commands.search_config import config_text, make_config
from search_client.settings_file import read_settings
from search_client.training.config import SearchConfig
from tests.unit.search_client.commands.calls import ON_DEVICE, WIDTH, answer_of, call
from tests.unit.search_client.training.small_run import board_target

TARGETS = {"targets": (board_target(5.0),)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "search.toml"
    path.write_text(
        'preset = "imagenet"\nbatch_size = 64\nseed = 7\n'
        '[[targets]]\ndevice = "pixel-8"\ntarget_ms = 20\nconditions = {runtime = "tflite", threads = 4}\n'
    )
    return path


def test_options_go_before_a_file_and_a_file_before_a_preset(file: Path) -> None:
    config = make_config(None, file, {"seed": 8}, {"alpha_lr": 0.5})
    assert (config.seed, config.batch_size, config.warmup_epochs, config.alpha_lr) == (8, 64, 40, 0.5)
    assert config.targets[0].conditions.threads == 4
    assert make_config("cifar", file, {}, {}).warmup_epochs == 2
    assert make_config(None, file, TARGETS, {}).targets == TARGETS["targets"]


def test_a_space_brings_its_preset_along() -> None:
    assert make_config(None, None, {**TARGETS, "space": "proxyless-imagenet"}, {}).weight_lr == 0.025
    assert make_config(None, None, {**TARGETS, "space": "proxyless-imagenet-mobile"}, {}).weight_lr == 0.025
    assert make_config(None, None, TARGETS, {}) == SearchConfig.checked(**TARGETS)


def test_a_setting_that_nobody_knows_is_named(file: Path) -> None:
    file.write_text(file.read_text().replace("seed", "sead"))
    with pytest.raises(InvalidInput, match=r"sead.*known are .*seed"):
        make_config(None, file, {}, {})
    with pytest.raises(UnknownName, match="cifar"):
        make_config("mnist", None, TARGETS, {})
    with pytest.raises(InvalidInput, match="use that option"):
        make_config(None, None, TARGETS, {"targets": ()})


def test_the_printed_config_is_one_to_start_from(tmp_path: Path) -> None:
    text = config_text("imagenet", None, {"seed": 3}, {})
    assert text.startswith("# The target at the end is an example")
    (tmp_path / "search.toml").write_text(text)
    settings = read_settings(tmp_path / "search.toml")
    assert (settings["seed"], settings["batch_size"], settings["image_limit"]) == (3, 256, None)
    assert make_config(None, tmp_path / "search.toml", {}, {}).targets[0].device == "my-device"
    assert not config_text(None, None, TARGETS, {}).startswith("#")


def test_a_printed_config_is_read_back_as_it_was_whatever_the_preset_of_its_space_says(tmp_path: Path) -> None:
    space = {"space": "proxyless-imagenet"}
    text = config_text(None, None, {**space, **TARGETS}, {"warmup_lr": "none"})
    (tmp_path / "search.toml").write_text(text)
    assert make_config(None, tmp_path / "search.toml", {}, {}).warmup_lr is None
    assert config_text(None, tmp_path / "search.toml", {}, {}) == text


@pytest.mark.usefixtures("service")
def test_a_search_runs_from_a_file_and_from_another_run_s_config(tmp_path: Path) -> None:
    few = ("--warmup-epochs", "0", "--search-epochs", "1", "--fine-tune-epochs", "0", "--image-limit", "80")
    options = ("--space", "proxyless-cifar", "--space-param", WIDTH, "--data-set", "digits", *few)
    settings = ("--set", "batch_size=16", "--set", "settle_steps=0", "--set", "loss=relative")
    target = ("--device", "board/onnxruntime:0.5ms")
    printed = call("search", *options, *settings, *target, "--print-config")
    assert printed.exit_code == 0, printed.stderr
    (tmp_path / "search.toml").write_text(printed.stdout)
    server = ON_DEVICE[-2:]
    first = answer_of(
        call("search", "--config", str(tmp_path / "search.toml"), "--run", str(tmp_path / "1"), *server, "--json")
    )
    again = str(tmp_path / "1" / "config.json")
    second = answer_of(call("search", "--config", again, "--run", str(tmp_path / "2"), *server, "--json"))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--run", "x"), "--device is missing"),
        (("--run", "x", "--config", "no.toml"), "no file no.toml"),
        (("--config", "no.toml", "--target-ms", "3"), "--device is missing"),
        (("--device", "board/onnxruntime:1ms"), "--run is missing"),
        (("--run", "x", "--resume", "--preset", "cifar"), "keeps its settings"),
    ],
)
def test_what_is_missing_or_too_much_is_said(arguments: tuple[str, ...], reason: str) -> None:
    result = call("search", *arguments)
    assert result.exit_code == 1
    assert reason in result.stderr
