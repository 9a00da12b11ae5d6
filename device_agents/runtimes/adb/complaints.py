"""Complaints: what adb and a phone say when a phone cannot do its part, and what helps. None of it is a job's fault."""

import re

_HELP_WITH_CONNECTION = (
    (r"device (still )?(unauthorized|authorizing)", "unlock the phone and confirm its dialog `Allow USB debugging?`"),
    (r"device (is )?offline|device still connecting", "unplug the cable, plug it in again, and unlock the phone"),
    (r"device '.*' not found|no devices/emulators found", "plug it in, with USB debugging on: see `adb devices`"),
    (r"more than one device", "two phones answer to that serial: unplug one"),
    (r"(insufficient|no) permissions", "let this user reach it: udev rules for Android, group `plugdev`"),
    (
        r"closed$|protocol fault|cannot connect to daemon|failed to check server version|failed to read copy response"
        r"|couldn't read from device|connect failed",
        "adb lost it: try `adb kill-server`, another cable, another port",
    ),
)

_HELP_WITH_SETUP = (
    (r"No space left on device", "free some space on the phone"),
    (r"Read-only file system|Permission denied|Operation not permitted", "set `folder` to one that adb may run from"),
    (
        r"CANNOT LINK EXECUTABLE|not executable|Exec format error|syntax error",
        "configure a `benchmark_model` that was built for this phone's Android and architecture",
    ),
    (r"taskset: ", "set `taskset_mask` to cores that the phone has and that are online, or leave it out"),
    (r"(inaccessible or )?not found|No such file or directory", "it was removed; the next batch pushes it again"),
)

#: adb's own words start so; what the phone's programs say does not.
_ADBS_OWN = r"^(?:adb(?:\.exe)?: |error: ).*(?:%s)"


def help_with_connection(stderr: str) -> str | None:
    """Return what helps where adb itself complains of the connection, else None."""
    return _first_help(stderr, _HELP_WITH_CONNECTION, _ADBS_OWN)


def help_with_setup(said: str) -> str | None:
    """Return what helps where something on the phone is not as it must be to run a program there, else None."""
    return _first_help(said, _HELP_WITH_SETUP, "%s")


def _first_help(said: str, table: tuple[tuple[str, str], ...], frame: str) -> str | None:
    found = (advice for pattern, advice in table if re.search(frame % pattern, said, re.MULTILINE))
    return next(found, None)
