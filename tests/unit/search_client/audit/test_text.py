import io
from pathlib import Path

from rich.console import Console
from rich.table import Table

from search_client.audit.account import Audit
from search_client.audit.text import differences_table, figures_table, published_table, sentences, sessions_table
from tests.unit.search_client.audit.accounts import SETTINGS, audit_of, with_published
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space

SPACE = small_space()


def printed(table: Table) -> str:
    console = Console(width=200, file=io.StringIO())
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def audit(folder: Path, sessions: int = 2) -> Audit:
    return audit_of(SimulatedService(SPACE, (1.1, 0.9), noises=(0.005, 0.005)), folder, sessions)


def test_each_predictor_stands_beside_the_noise(tmp_path: Path) -> None:
    text = printed(figures_table(audit(tmp_path), "held_out"))
    rows = [line.split("│")[1].strip() for line in text.splitlines() if line.startswith("│")]
    assert rows == [
        "sum of isolated values",
        "sum of the table's entries",
        "one scale",
        "full correction",
        "noise floor / ceiling",
    ]
    assert "held-out random networks: 12" in text.lower()


def test_one_session_says_what_the_noise_needs(tmp_path: Path) -> None:
    found = audit(tmp_path, sessions=1)
    assert "needs --sessions 2" in printed(figures_table(found, "held_out"))
    assert "noise floor unknown, it needs a second session" in sentences(found)[0]


def test_the_verdict_says_what_the_correction_is_worth(tmp_path: Path) -> None:
    found = audit(tmp_path)
    full, isolated = (found.figures["held_out"][name].mape_percent for name in ("full", "isolated"))
    assert sentences(found)[0].startswith(f"full correction: {full:.2f} +- ")
    assert f"{full / isolated:.2f} times the error of the sum of isolated values" in sentences(found)[0]


def test_a_noisy_audit_says_so_instead(tmp_path: Path) -> None:
    service = SimulatedService(SPACE)
    service.verdict = "noisy"
    first, second = sentences(audit_of(service, tmp_path, 1))
    assert first.startswith("too noisy to judge")
    assert second.startswith("session 1 is too noisy: 12 of 12 networks were not measured calmly")


def test_what_was_not_measured_is_named(tmp_path: Path) -> None:
    found = audit(tmp_path).model_copy(update={"left_out": {"proxyless-gpu": "the table lacks 3 of its 22 ops"}})
    assert "proxyless-gpu is left out: the table lacks 3 of its 22 ops" in sentences(found)


def test_each_session_and_what_it_promised_is_shown(tmp_path: Path) -> None:
    rows = [line for line in printed(sessions_table(audit(tmp_path))).splitlines() if line.startswith("│")]
    assert len(rows) == 2
    assert all("1.00 %" in row and "trusted" in row for row in rows)


def test_published_networks_stand_apart(tmp_path: Path) -> None:
    found = with_published(SimulatedService(SPACE, (1.25,)), tmp_path)
    assert found.figures["held_out"]["full"].networks == 12
    assert found.figures["published"]["full"].networks == 1
    text = printed(published_table(found))
    assert "-20.0 %" in text
    assert "proxyless-gpu" in text
    assert "random-1" not in text


def test_placements_stand_side_by_side(tmp_path: Path) -> None:
    found = audit(tmp_path)
    text = printed(differences_table(found))
    assert str(found.differences[0].op) in text
    assert "alone" in text


def test_without_anchors_the_table_itself_is_judged(tmp_path: Path) -> None:
    found = audit_of(SimulatedService(SPACE), tmp_path, 1, SETTINGS.model_copy(update={"anchors": 0}))
    assert sentences(found)[0].startswith("sum of the table's entries: ")
