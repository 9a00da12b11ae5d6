import signal
import sys
from pathlib import Path

import psutil
import pytest

from demo.processes import CommandFailed, background, console_script, run, run_json

ECHO = [sys.executable, "-c", "print('{\"a\": 1}')"]
FAILS = [sys.executable, "-c", "raise SystemExit(7)"]
STUBBORN = [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"]


def test_a_command_s_json_is_its_answer() -> None:
    assert run_json(ECHO) == {"a": 1}
    assert run(ECHO).strip() == b'{"a": 1}'


def test_a_command_that_fails_is_named_with_its_exit_code() -> None:
    with pytest.raises(CommandFailed, match="exit code 7"):
        run(FAILS)


def test_a_background_command_is_stopped_at_the_end_even_if_it_ignores_sigterm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo.processes.GRACE_S", 0.2)
    with background(STUBBORN, tmp_path / "logs" / "x.log") as child:
        assert psutil.pid_exists(child.pid)
    assert child.returncode in (-signal.SIGTERM, -signal.SIGKILL)  # SIGTERM where it came before the handler


def test_a_background_command_s_output_goes_to_its_log(tmp_path: Path) -> None:
    with background(ECHO, tmp_path / "x.log") as child:
        child.wait(20)
    assert (tmp_path / "x.log").read_text().strip() == '{"a": 1}'


def test_the_console_scripts_are_those_of_this_environment() -> None:
    for name in ("latency-service", "device-agent", "search-client"):
        assert Path(console_script(name)).is_file()
