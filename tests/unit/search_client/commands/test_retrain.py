from pathlib import Path

import pytest

from search_client.architecture import Architecture
from search_client.retraining.config import RetrainConfig
from search_client.retraining.folder import RetrainFolder
from search_client.settings_file import read_settings
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import SPACE, answer_of, call

QUICK = ("--epochs", "1", "--set", "warmup_epochs=0", "--set", "batch_size=256", "--train-on", "cpu")


@pytest.fixture
def architecture_file(tmp_path: Path) -> Path:
    file = tmp_path / "architecture.json"
    file.write_text(Architecture.of(SPACE, (0, 6, 0, 6, 6, 0, 6, 6)).to_json())
    return file


def test_a_searchs_network_is_retrained_on_the_searchs_images(trained_run: RunFolder, tmp_path: Path) -> None:
    output = str(tmp_path / "retrained")
    answer = answer_of(call("retrain", "--run", str(trained_run.path), "--output", output, *QUICK, "--json"))
    assert (answer["data_set"], answer["steps"], answer["test_images"]) == ("digits", 5, 360)
    assert RetrainFolder(tmp_path / "retrained").architecture == trained_run.architecture
    evaluation = answer_of(call("evaluate", "--run", output, "--json"))
    assert evaluation["accuracy"] == pytest.approx(answer["test_accuracy"])


def test_a_retrained_network_can_be_exported(architecture_file: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "retrained")
    subject = ("--architecture", str(architecture_file), "--data-set", "digits")
    answer_of(call("retrain", *subject, "--output", output, *QUICK, "--json"))
    file = tmp_path / "net.onnx"
    answer_of(call("export", "--run", output, "--output", str(file), "--test-images", "0", "--json"))
    assert file.stat().st_size > 0


def test_a_retraining_that_has_ended_only_tells_its_result_again(architecture_file: Path, tmp_path: Path) -> None:
    output = ("--output", str(tmp_path / "retrained"))
    subject = ("--architecture", str(architecture_file), "--data-set", "digits")
    first = answer_of(call("retrain", *subject, *output, *QUICK, "--json"))
    assert answer_of(call("retrain", *output, "--resume", "--json")) == first
    told = call("retrain", *output, "--resume")
    assert "their moving average" in told.stdout
    again = call("retrain", *subject, *output, *QUICK)
    assert again.exit_code == 1
    assert "--resume" in again.stderr


def test_options_go_before_the_file_and_the_file_before_the_preset(architecture_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('epochs = 7\nlr = 0.01\npreset = "imagenet"\n')
    subject = ("--architecture", str(architecture_file), "--config", str(file))
    printed = call("retrain", *subject, "--epochs", "3", "--drop-path", "0.2", "--mixup", "0.4", "--print-config")
    assert printed.exit_code == 0, printed.stderr
    file.write_text(printed.stdout)
    config = RetrainConfig.checked(**read_settings(file))
    assert (config.epochs, config.lr, config.batch_size) == (3, 0.01, 256)
    assert (config.drop_path_rate, config.mixup_alpha, config.ema_decay) == (0.2, 0.4, None)


def test_a_released_network_has_the_schedule_that_it_was_published_with() -> None:
    printed = call("retrain", "--network", "proxyless-mobile", "--print-config")
    assert "epochs = 150" in printed.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output", "x"), "exactly one of --run"),
        (("--network", "proxyless-mobile", "--run", "y"), "exactly one of --run"),
        (("--network", "proxyless-mobile"), "--output is missing"),
        (("--network", "mobilenet-v2", "--output", "x"), "proxyless-mobile"),
        (("--network", "proxyless-mobile", "--epochs", "2", "--set", "epochs=3"), "use that option"),
        (("--network", "proxyless-mobile", "--set", "rate=1"), "known are data_set"),
        (("--output", "x", "--resume", "--epochs", "2"), "keeps its settings"),
        (("--output", "x", "--resume", "--network", "proxyless-mobile"), "keeps its settings"),
        (("--output", "nowhere", "--resume"), "holds no run"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, ...], message: str) -> None:
    answer = call("retrain", *arguments)
    assert answer.exit_code == 1
    assert message in answer.stderr


def test_a_network_for_other_images_is_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    output = tmp_path / "retrained"
    answer = call("retrain", "--network", "proxyless-mobile", "--data-set", "digits", "--output", str(output), *QUICK)
    assert "takes 224 pixels" in answer.stderr
    assert not output.exists()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("batch_size=2000",), "a batch of 2000 is more than the 1437 images"),
        (("batch_size=1400", "validation_share=0.1"), "a batch of 1400 is more than the"),
        (("batch_size=18", "accumulate=4"), "make batch_size a multiple"),
    ],
)
def test_batches_that_cannot_be_are_refused_before_a_folder_is_made(
    architecture_file: Path, tmp_path: Path, wrong: tuple[str, ...], reason: str
) -> None:
    output = tmp_path / "retrained"
    settings = [word for each in wrong for word in ("--set", each)]
    subject = ("--architecture", str(architecture_file), "--data-set", "digits", "--output", str(output))
    answer = call("retrain", *subject, *settings)
    assert (answer.exit_code, reason in answer.stderr) == (1, True), answer.stderr
    assert not output.exists()
