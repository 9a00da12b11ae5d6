"""What the commands say of a table's correction: the error beside every predicted latency, and when not to search."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from latency_service.contract.messages import SnapshotId, TransferNote
from search_client.architecture import Architecture
from search_client.training.run_folder import RunFolder
from tests.unit.search_client.commands.calls import ON_DEVICE, SPACE, WIDTH, answer_of, call
from tests.unit.search_client.corrections import HELD_OUT_PERCENT, corrected, corrected_ms, correction, own_factors
from tests.unit.search_client.fake_service import URL, FakeService
from tests.unit.search_client.small_space import made_up_ms, table_of

BUDGET = ("--warmup-epochs", "0", "--search-epochs", "1", "--fine-tune-epochs", "0", "--image-limit", "160")
MIDDLE = SPACE.network([2] * len(SPACE.blocks))
CORRECTION = correction(factors=own_factors(SPACE), intercept_ms=0.05)
MIDDLE_MS = 0.05 + sum(corrected_ms(CORRECTION, op, made_up_ms(op)) for op in MIDDLE.ops)


def search(folder: Path, *more: str) -> Result:
    target = ("--target-ms", str(MIDDLE_MS), "--space", "proxyless-cifar", "--space-param", WIDTH)
    data = ("--data-set", "digits", "--set", "batch_size=16")
    return call("search", "--run", str(folder), *target, *ON_DEVICE, *BUDGET, *data, *more)


def one_line(text: str) -> str:
    """Return what a table of rich says, without its lines and line breaks."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture
def anchored(service: FakeService) -> FakeService:
    service.snapshot = service.snapshot.model_copy(update={"correction": CORRECTION})
    return service


@pytest.fixture
def architecture(tmp_path: Path) -> str:
    path = tmp_path / "a.json"
    path.write_text(Architecture.of(SPACE, [2] * len(SPACE.blocks)).to_json())
    return str(path)


@pytest.mark.usefixtures("anchored")
def test_predict_corrects_and_tells_the_error(architecture: str) -> None:
    answer = answer_of(call("predict", "--architecture", architecture, *ON_DEVICE, "--json"))
    assert answer["predicted_ms"] == pytest.approx(MIDDLE_MS)
    assert (answer["network_error_percent"], answer["additivity"]) == (HELD_OUT_PERCENT, "additive")
    told = one_line(call("predict", "--architecture", architecture, *ON_DEVICE).stdout)
    assert f"{MIDDLE_MS:.4g} ms +- 1.2 %" in told
    assert "from 10 networks" in told


@pytest.mark.usefixtures("service")
def test_predict_says_that_nothing_is_known_of_networks(architecture: str) -> None:
    answer = answer_of(call("predict", "--architecture", architecture, *ON_DEVICE, "--json"))
    assert answer["predicted_ms"] == pytest.approx(table_of(SPACE).network_ms(MIDDLE))
    assert answer["network_error_percent"] is None
    told = one_line(call("predict", "--architecture", architecture, *ON_DEVICE).stdout)
    assert "ms (unanchored: no error known)" in told


@pytest.mark.usefixtures("anchored")
def test_verify_holds_the_corrected_promise_and_its_error_against_the_measurement(architecture: str) -> None:
    given = ("--architecture", architecture, *ON_DEVICE)
    (result,) = answer_of(call("verify", *given, "--json"))["results"]
    assert result["predicted_ms"] == pytest.approx(MIDDLE_MS)
    assert result["network_error_percent"] == HELD_OUT_PERCENT
    assert result["error_percent"] == pytest.approx(100 * (MIDDLE_MS / result["measured_ms"] - 1))
    assert f"{MIDDLE_MS:.4g} ms +- 1.2 %" in one_line(call("verify", *given).stdout)


@pytest.mark.usefixtures("anchored")
def test_a_search_aims_with_the_corrected_table_and_tells_its_error(tmp_path: Path) -> None:
    result = search(tmp_path)
    assert result.exit_code == 0, result.stderr
    kept = RunFolder.open(tmp_path).result
    assert kept is not None
    (promise,) = kept.promises
    network = kept.architecture.network()
    predicted_ms = 0.05 + sum(corrected_ms(CORRECTION, op, made_up_ms(op)) for op in network.ops)
    assert promise.predicted_ms == pytest.approx(predicted_ms)
    assert promise.target_met
    assert promise.network_error_percent == HELD_OUT_PERCENT
    assert f"{predicted_ms:.4g} ms +- 1.2 %" in one_line(result.stdout)
    assert "latencies on board" in result.stderr
    assert "+- 1.2 %; correction: times 1.1" in result.stderr


def test_a_search_on_sums_that_are_no_latencies_is_refused_and_leaves_no_run_behind(
    service: FakeService, tmp_path: Path
) -> None:
    service.snapshot = corrected(service.snapshot, additivity="not_additive")
    result = search(tmp_path / "run")
    assert result.exit_code == 1
    assert "--accept-not-additive" in result.stderr
    assert not (tmp_path / "run").exists()


def test_who_accepts_it_searches_all_the_same_and_goes_on_without_saying_so_again(
    service: FakeService, tmp_path: Path
) -> None:
    service.snapshot = corrected(service.snapshot, additivity="not_additive")
    first = search(tmp_path, "--accept-not-additive")
    assert first.exit_code == 0, first.stderr
    assert "warning: on board" in first.stderr
    assert RunFolder.open(tmp_path).config.accept_not_additive
    (tmp_path / "result.json").unlink()
    again = call("search", "--run", str(tmp_path), "--resume", "--json")
    assert answer_of(again)["promises"] == json.loads((tmp_path / "result.json").read_text())["promises"]


def test_a_launch_bound_table_is_searched_with_a_warning(
    service: FakeService, tmp_path: Path, architecture: str
) -> None:
    service.snapshot = corrected(service.snapshot, additivity="launch_bound")
    result = search(tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert "launch-bound" in result.stderr
    told = call("predict", "--architecture", architecture, *ON_DEVICE)
    assert (told.exit_code, "warning: on board" in told.stderr) == (0, True)


@pytest.mark.usefixtures("anchored")
def test_profile_tells_what_the_space_s_networks_take_and_how_sure_that_is() -> None:
    space = ("--space", "proxyless-cifar", "--space-param", WIDTH, "--server", URL, *ON_DEVICE[:4])
    answer = answer_of(call("profile", *space, "--json"))
    assert answer["network_error_percent"] == HELD_OUT_PERCENT
    assert answer["correction"] == CORRECTION.model_dump(mode="json")
    told = one_line(call("profile", *space).stdout)
    assert f"{answer['fastest_ms']:.4g} to {answer['slowest_ms']:.4g} ms +- 1.2 %" in told


@pytest.mark.usefixtures("service")
def test_nothing_is_said_of_predictions_where_there_are_none(architecture: str) -> None:
    assert "predicted on board" not in call("predict", "--architecture", architecture, *ON_DEVICE).stderr


def test_a_table_of_a_few_measurements_says_so(service: FakeService, architecture: str, tmp_path: Path) -> None:
    note = TransferNote(measured=5, predicted=20, tables=(SnapshotId("a"), SnapshotId("b")), spread_percent=12.0)
    service.snapshot = service.snapshot.model_copy(update={"transfer": note})
    told = (
        "20 ops, from 5 that were measured and 2 tables of other devices or conditions; their 90 % intervals are +- 12"
    )
    for result in (
        call("predict", "--architecture", architecture, *ON_DEVICE),
        call("verify", "--architecture", architecture, *ON_DEVICE),
        search(tmp_path / "run"),
    ):
        assert result.exit_code == 0, result.output
        assert one_line(result.stderr).count(told) == 1
    transfer = note.model_dump(mode="json")
    assert answer_of(call("predict", "--architecture", architecture, *ON_DEVICE, "--json"))["transfer"] == transfer
    (verified,) = answer_of(call("verify", "--architecture", architecture, *ON_DEVICE, "--json"))["results"]
    assert verified["transfer"] == transfer
    result_json = json.loads((tmp_path / "run" / "result.json").read_text())
    assert [promise["transfer"] for promise in result_json["promises"]] == [transfer]
