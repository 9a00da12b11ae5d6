"""`python -m tests.fake_agent SERVER STATE_DIR`: a real agent, named `board`, over the fake runtime."""

from pathlib import Path

import typer

from device_agents.assembly import run_agent
from device_agents.config import load_settings
from device_agents.console import live_status, readable_errors
from tests.fake_worker import launcher


def main(server: str, state_dir: Path) -> None:
    with readable_errors(), live_status() as on_status:
        flags = {"server": server, "name": "board", "runtimes": ("fake",), "state_dir": state_dir}
        run_agent(load_settings(None, flags), launcher(), on_status)


if __name__ == "__main__":
    typer.run(main)
