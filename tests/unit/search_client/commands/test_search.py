"""`search-client search` for several devices and other costs."""

from pathlib import Path

import pytest
from typer.testing import Result

from latency_service.contract.keys import format_key
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import SPACE, WIDTH, answer_of, call
from tests.unit.search_client.fake_service import URL
from tests.unit.search_client.small_space import made_up_ms, table_of

BUDGET = ("--warmup-epochs", "0", "--search-epochs", "1", "--fine-tune-epochs", "0", "--image-limit", "160")
MIDDLE = SPACE.network([2] * len(SPACE.blocks))
MIDDLE_MS = table_of(SPACE).network_ms(MIDDLE)


def search(folder: Path, *more: str) -> Result:
    options = ("--run", str(folder), "--space", "proxyless-cifar", "--space-param", WIDTH, "--server", URL)
    return call("search", *options, *BUDGET, "--data-set", "digits", "--set", "batch_size=16", *more)


def energy_file(folder: Path) -> Path:
    path = folder / "energy.csv"
    path.write_text("op,energy_mj\n" + "".join(f"{format_key(op)},{3 * made_up_ms(op)}\n" for op in SPACE.ops()))
    return path


@pytest.mark.usefixtures("service")
def test_several_devices_have_a_promise_each(tmp_path: Path) -> None:
    loose = ("--device", f"board/onnxruntime:{1.2 * MIDDLE_MS}ms")
    answer = answer_of(search(tmp_path, "--device", f"board/onnxruntime:{MIDDLE_MS}ms@2", *loose, "--json"))
    targets = [(promise["target_ms"], promise["target_met"]) for promise in answer["promises"]]
    assert targets == [(pytest.approx(MIDDLE_MS), True), (pytest.approx(1.2 * MIDDLE_MS), True)]
    assert [target.weight for target in RunFolder.open(tmp_path).config.targets] == [2.0, 1.0]


@pytest.mark.usefixtures("service")
def test_other_costs_are_kept_and_told(tmp_path: Path) -> None:
    costs = ("--cost", f"macs:{MIDDLE.macs}", "--cost", f"{energy_file(tmp_path)}:energy_mj:{3 * MIDDLE_MS}")
    result = search(tmp_path / "run", "--device", f"board/onnxruntime:{1.5 * MIDDLE_MS}ms", *costs)
    assert result.exit_code == 0, result.stderr
    assert all(text in result.stdout for text in ("For board", "For macs", "For energy_mj"))
    (tmp_path / "energy.csv").unlink()
    answer = answer_of(call("search", "--run", str(tmp_path / "run"), "--resume", "--json"))
    assert all(cost["target_met"] and cost["predicted"] <= cost["target"] * (1 + 1e-9) for cost in answer["costs"])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("--device", f"board/onnxruntime:{MIDDLE_MS}ms", "--image-limit", "50"), "a batch of 16 is more than the 10"),
        (("--device", "board/onnxruntime:5"), "is not DEVICE"),
        (("--device", "board/onnxruntime:1ms", "--cost", "flops:5"), "FILE:COLUMN:TARGET"),
        (("--device", f"board/onnxruntime:{MIDDLE_MS}ms", "--cost", "macs:1"), "costs 1 MACs on macs"),
        (("--device", f"board/onnxruntime:{MIDDLE_MS}ms", "--cost", "none.csv:energy_mj:5"), "cannot be read"),
        (("--device", f"board/onnxruntime:{MIDDLE_MS}ms", "--cost", "macs:1e5", "--space-param", "x"), "NAME=VALUE"),
    ],
)
@pytest.mark.usefixtures("service")
def test_what_cannot_be_asked_for_is_one_readable_error(tmp_path: Path, wrong: tuple[str, ...], reason: str) -> None:
    result = search(tmp_path / "run", *wrong)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("service")
def test_a_resumed_search_takes_no_new_costs(tmp_path: Path) -> None:
    result = call("search", "--run", str(tmp_path), "--resume", "--cost", "macs:1e6")
    assert (result.exit_code, "keeps its settings" in result.stderr) == (1, True)
