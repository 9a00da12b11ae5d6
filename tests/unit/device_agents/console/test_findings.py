import pytest

from device_agents.console import print_findings
from device_agents.doctor.findings import Finding, good, unknown

FINDINGS = (
    good("swap", "not in use"),
    Finding(name="governor", severity="warn", seen="[ondemand]", why="It varies.", mend="set it"),
    Finding(name="load", severity="bad", seen="9 processes", why="They take turns.", mend="end them"),
    unknown("turbo"),
)


def test_what_is_wrong_is_printed_in_full_the_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings(FINDINGS)
    printed = capsys.readouterr().out
    assert printed.index("9 processes") < printed.index("[ondemand]")
    assert "They take turns." in printed
    assert "-> set it" in printed


def test_the_rest_is_said_in_brief(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings(FINDINGS)
    printed = capsys.readouterr().out
    assert "good: swap (not in use)" in printed
    assert "not known: turbo (the host does not show it)" in printed


def test_nothing_is_wider_than_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_findings([*FINDINGS, FINDINGS[1].model_copy(update={"mend": "echo performance | sudo tee " + "x" * 200})])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
