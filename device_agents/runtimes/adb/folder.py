"""PhoneFolder: the agent's folder on a phone; what is put there is known to have arrived whole."""

import hashlib
from pathlib import Path, PurePosixPath

from device_agents.runtimes.adb.client import Adb, quoted
from device_agents.runtimes.base import DeviceAway

MODEL_SUFFIX = ".tflite"


class PhoneFolder:
    """Files on the phone, each under a name from its hash, pushed unless it is there already.

    Args:
        adb: The phone.
        path: The folder, one where adb's user may write and run programs.
    """

    def __init__(self, adb: Adb, path: PurePosixPath) -> None:
        self._adb = adb
        self._path = path

    def make(self) -> None:
        """Make the folder, without the models of earlier batches, and end what a killed child left running there.

        Raises:
            DeviceAway: The phone does not take it, or cannot be reached.
        """
        self._adb.require(f"mkdir -p {quoted(self._path)} && rm -f {quoted(self._path)}/*{MODEL_SUFFIX}")
        self.end_programs()

    def end_programs(self) -> None:
        """Kill whatever runs from this folder.

        Raises:
            DeviceAway: The phone cannot be reached.
        """
        # The brackets keep the pattern from fitting the command line of the shell that it stands in.
        pattern = f"[{str(self._path)[0]}]{str(self._path)[1:]}/"
        self._adb.shell(quoted("pkill", "-KILL", "-f", pattern))

    def put(self, local: Path, suffix: str = "", mode: str = "644") -> PurePosixPath:
        """Return where a file of this host is on the phone, after pushing it if need be.

        Raises:
            DeviceAway: The phone does not take it, or cannot be reached.
        """
        content = local.read_bytes()
        remote = self._path / f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()  # the one sum that every Android can tell
        ask = quoted("md5sum", remote)
        if not self._adb.shell(ask).stdout.startswith(digest):
            self._adb.push(local, remote)
            self._adb.require(quoted("chmod", mode, remote))
            if not self._adb.require(ask).startswith(digest):
                raise DeviceAway(f"{remote} arrived damaged on the phone: look at the cable and the free space")
        return remote
