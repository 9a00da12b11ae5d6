"""The program `adb STATE -s SERIAL shell COMMAND | push LOCAL REMOTE` over the phones of `tests.fake_adb`.

It says what the real one says, word for word. A test runs it some hundred times, so it imports next to nothing.
"""

# Importing pathlib takes longer than all the rest.
# ruff: noqa: PTH108, PTH110, PTH123

import os
import sys

_UNAUTHORIZED = """error: device unauthorized.
This adb server's $ADB_VENDOR_KEYS is not set
Try 'adb kill-server' if that seems wrong.
Otherwise check for a confirmation dialog on your device."""
_NO_PERMISSIONS = """error: insufficient permissions for device: user in plugdev group; are your udev rules wrong?
See [http://developer.android.com/tools/device.html] for more information"""
_CONNECTION = {
    "unauthorized": _UNAUTHORIZED,
    "offline": "error: device offline",
    "closed": "error: closed",
    "no permissions": _NO_PERMISSIONS,
    "server gone": "* daemon not running; starting now at tcp:5037\n"
    "adb: failed to check server version: cannot connect to daemon at tcp:5037: Connection refused",
}
_PUSH = {"no space": "No space left on device", "read-only": "Read-only file system"}
_OF_THE_PHONE = ("/data/", "/proc/", "/sys/")
_DEATHS = {9: "Killed \n", 11: "Segmentation fault \n"}


def main(state: str, option: str, serial: str, verb: str, *rest: str) -> int:
    """Be `adb`; return its exit code."""
    assert option == "-s"
    root = f"{state}/{serial}"
    connection = read(f"{root}/connection")
    if connection == "device":
        _note(root, " ".join(rest) if verb == "shell" else f"{verb} {rest[-1]}")
        return _shell(root, " ".join(rest)) if verb == "shell" else _push(root, *rest)
    if connection:
        _note(root, f"refused {verb}")
    sys.stderr.write(_CONNECTION.get(connection, f"adb: device '{serial}' not found") + "\n")
    return 1


def read(path: str) -> str:
    """Return a file's text; an absent one has none."""
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


def _note(root: str, command: str) -> None:
    with open(f"{root}/commands", "a") as file:
        file.write(command + "\n")


def _shell(root: str, command: str) -> int:
    for path in _OF_THE_PHONE:
        command = command.replace(path, root + path)
    said = [f"{root}/{name}.{os.getpid()}" for name in ("stdout", "stderr")]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, number, path, flags, 0o600) for number, path in enumerate(said, 1)]
    environment = {"PATH": f"{root}/programs:{os.environ['PATH']}", "PHONE": root}
    child = os.posix_spawn("/bin/sh", ["sh", "-c", command], environment, file_actions=actions)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for stream, path in zip((sys.stdout, sys.stderr), said, strict=True):
        stream.write(read(path).replace(root, ""))
        os.unlink(path)
    if read(f"{root}/connection") != "device":
        return 255  # unplugged meanwhile
    if code < 0:
        sys.stderr.write(_DEATHS.get(-code, ""))
    return code if code >= 0 else 128 - code


def _push(root: str, local: str, remote: str) -> int:
    fault = read(f"{root}/faults/push")
    if fault in _PUSH:
        sys.stderr.write(f"adb: error: failed to copy '{local}' to '{remote}': remote couldn't create file: ")
        sys.stderr.write(f"{_PUSH[fault]}\n")
        return 1
    with open(local, "rb") as source, open(root + remote, "wb") as target:
        size = target.write(source.read(100 if fault == "cut short" else -1))
    sys.stdout.write(f"{local}: 1 file pushed, 0 skipped. 24.5 MB/s ({size} bytes in 0.001s)\n")
    return 0
