import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agents.supervisor.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.settimeout(5)
        yield address, listening


def test_systemd_is_told_how_the_agent_is(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    environment = {"NOTIFY_SOCKET": address}
    systemd = Systemd.from_environment(environment)
    systemd.is_ready()
    systemd.says("board: 1 of 2\nand more")
    systemd.says("board: 1 of 2\nand more")
    systemd.is_alive()
    systemd.is_stopping()
    heard = [listening.recv(1000).decode() for _ in range(4)]
    assert heard == ["READY=1", "STATUS=board: 1 of 2 and more", "WATCHDOG=1", "STOPPING=1"]
    assert environment == {}  # no child is to speak for the agent


def test_an_agent_that_systemd_did_not_start_tells_nobody() -> None:
    Systemd.from_environment({}).is_ready()


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path) -> None:
    Systemd(str(tmp_path / "nobody")).is_alive()
