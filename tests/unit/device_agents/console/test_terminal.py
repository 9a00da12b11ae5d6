import pytest
import typer

from device_agents.console import progress, readable_errors
from latency_service.contract.errors import AgentTooOld, Forbidden, InvalidInput, Unauthorized


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (InvalidInput("[no] such op"), 1),
        (OSError("disk full"), 1),
        (AgentTooOld("upgrade"), 3),
        (Forbidden("another key's device"), 4),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: Exception, exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, readable_errors():
        raise error
    assert caught.value.exit_code == exit_code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_a_service_that_wants_a_key_is_told_with_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, readable_errors():
        raise Unauthorized("this service needs an API key")
    assert caught.value.exit_code == 4
    assert "--key-file or DEVICE_AGENT_KEY_FILE" in capsys.readouterr().err


def test_elsewhere_than_on_a_terminal_progress_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("measuring", 2) as on_step:
        on_step()
        on_step()
    assert capsys.readouterr() == ("", "")
