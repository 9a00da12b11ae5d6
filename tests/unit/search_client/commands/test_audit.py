import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import respx
from typer.testing import Result

from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.commands.calls import ON_DEVICE, SPACE, WIDTH, answer_of, call
from tests.unit.search_client.fake_service import URL


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedService]:
    monkeypatch.setattr("search_client.commands.audit.POLL_S", 0.0)
    fake = SimulatedService(SPACE, drifts=(1.1, 0.9, 1.2), noises=(0.005, 0.005, 0.005))
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.route().mock(side_effect=fake)
        yield fake


def audit(out: Path, *more: str) -> Result:
    options = ("--space", "proxyless-cifar", "--space-param", WIDTH, "--networks", "12", "--output", str(out))
    return call("audit", *ON_DEVICE, *options, *more)


def test_an_audit_ends_with_figures_picture_and_page(audited: SimulatedService, tmp_path: Path) -> None:
    answer = answer_of(audit(tmp_path / "out", "--sessions", "2", "--json"))
    held_out = answer["figures"]["held_out"]
    assert list(held_out) == ["isolated", "in_context", "scale", "full"]
    assert held_out["full"]["mape_percent"] < 1 < held_out["in_context"]["mape_percent"]
    assert answer["floor"]["kendall"] > 0.8
    assert len(audited.profiles) == 2
    assert json.loads((tmp_path / "out" / "audit.json").read_text()) == answer
    names = ("audit.json", "audit.png", "audit.html", "plan.json", "session-1.json", "session-2.json")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(names)


def test_the_same_command_measures_the_sessions_that_lack_alone(audited: SimulatedService, tmp_path: Path) -> None:
    first = answer_of(audit(tmp_path, "--json"))
    again = answer_of(audit(tmp_path, "--sessions", "3", "--json"))
    assert len(audited.profiles) == 3
    assert len(again["sessions"]) == 3
    assert again["sessions"][0]["networks"] == first["sessions"][0]["networks"]


def test_ctrl_c_leaves_a_folder_that_is_gone_on_with(audited: SimulatedService, tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    audited.before_look = interrupt
    result = audit(tmp_path)
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    audited.before_look = lambda: None
    assert len(answer_of(audit(tmp_path, "--json"))["sessions"]) == 1
    assert len(audited.profiles) == 1


def test_without_anchors_plain_sums_are_judged(audited: SimulatedService, tmp_path: Path) -> None:
    answer = answer_of(audit(tmp_path, "--no-anchors", "--json"))
    assert list(answer["figures"]["held_out"]) == ["isolated", "in_context"]
    assert answer["figures"]["held_out"]["in_context"]["mape_percent"] > 5
    assert audited.profiles[0].anchors == ()


@pytest.mark.usefixtures("audited")
def test_a_person_sees_tables_and_the_verdict(tmp_path: Path) -> None:
    result = audit(tmp_path)
    assert result.exit_code == 0, result.stderr
    words = ("predicted by", "full correction", "Sessions", "in context", "noise floor unknown", "audit.html")
    assert all(word in result.stdout for word in words)


def test_a_noisy_device_is_not_judged(audited: SimulatedService, tmp_path: Path) -> None:
    audited.verdict = "noisy"
    result = audit(tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "too noisy to judge the table by" in result.stdout
    assert "Held-out random networks" not in result.stdout


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--anchors", "10", "--no-anchors"), "not both"),
        (("--space-param", "width_mult=0.5"), "has no fit entry"),
        (("--networks", "4"), "equal to 5"),
    ],
)
def test_audits_that_cannot_be_are_refused(
    audited: SimulatedService, tmp_path: Path, more: tuple[str, ...], reason: str
) -> None:
    result = audit(tmp_path, *more)
    assert result.exit_code != 0
    assert reason in result.stderr
    assert audited.profiles == []


@pytest.mark.usefixtures("audited")
def test_a_folder_of_another_audit_is_refused(tmp_path: Path) -> None:
    answer_of(audit(tmp_path, "--json"))
    result = audit(tmp_path, "--seed", "1")
    assert result.exit_code == 1
    assert "another seed" in result.stderr
