"""Commands of this host that build a userland; one that is missing or fails means that none can be built here."""

import shutil
import subprocess
import sys

_TAIL_LINES = 6


class CannotEmulate(Exception):
    """No board can be emulated on this host; the message says why."""


def require_programs(*names: str) -> None:
    """Check that programs are to be had.

    Raises:
        CannotEmulate: One is not.
    """
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise CannotEmulate(f"{', '.join(missing)} not found; on Debian: apt-get install qemu-user-static")


def run(*command: str) -> None:
    """Run a command to its end.

    Raises:
        CannotEmulate: It failed; the message ends with what it said last.
    """
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_TAIL_LINES:])
        raise CannotEmulate(f"`{' '.join(command[:6])} ...` ended with code {done.returncode}:\n{said}")


def pip(*arguments: str) -> None:
    """Run pip, as it is configured on this host."""
    run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)
