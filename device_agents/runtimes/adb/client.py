"""Adb: one phone, driven by the `adb` of this host."""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from device_agents.runtimes.adb.complaints import help_with_connection, help_with_setup
from device_agents.runtimes.base import DeviceAway
from device_agents.runtimes.settings import PhoneSettings

#: adb's exit code where the connection broke in the middle of a command; the commands that we give never end so.
_CONNECTION_BROKE = 255
_LONGEST_QUOTE = 600


class PhoneSilent(DeviceAway):
    """A command did not end in time: the phone hangs, or the command does."""


@dataclass(frozen=True)
class Completed:
    """What became of a command; the exit code is that of the phone's shell."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """All that it said."""
        return "\n".join(part for part in (self.stdout, self.stderr) if part)


class Adb:
    """Runs commands on one phone and copies files to it.

    Args:
        phone: Which phone, which `adb`, and how long one command may take.
    """

    def __init__(self, phone: PhoneSettings) -> None:
        self._phone = phone

    def shell(self, command: str) -> Completed:
        """Run a command line of the phone's shell, whatever its exit code.

        Raises:
            PhoneSilent: It did not end in time.
            DeviceAway: The phone cannot be reached; the message says what helps.
        """
        return self._call("shell", command)

    def require(self, command: str) -> str:
        """Return what a command line prints that must succeed for anything to be measured.

        Raises:
            DeviceAway: It failed, or the phone cannot be reached; the message says what helps.
        """
        done = self.shell(command)
        if done.exit_code != 0:
            raise self.failed(done)
        return done.stdout

    def push(self, local: Path, remote: PurePosixPath) -> None:
        """Copy a file to the phone.

        Raises:
            DeviceAway: The phone does not take it, or cannot be reached; the message says what helps.
        """
        done = self._call("push", str(local), str(remote))
        if done.exit_code != 0:
            raise self.failed(done)

    def failed(self, done: Completed) -> DeviceAway:
        """Return the error for a command that had to succeed."""
        return self._away(done.said, help_with_setup(done.said) or f"exit code {done.exit_code}")

    def _call(self, *arguments: str) -> Completed:
        command = (str(self._phone.adb), "-s", self._phone.serial, *arguments)
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=self._phone.timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            help_ = "unlock the phone, plug it in again or restart it, or raise `timeout_s`"
            raise PhoneSilent(self._text(f"no answer within {self._phone.timeout_s:g} s", help_)) from None
        except OSError as error:
            help_ = "install Android's platform-tools on this host, or set `adb` to where it is"
            raise self._away(f"adb cannot be started ({error})", help_) from error
        if done.returncode != 0 and (advice := help_with_connection(done.stderr)):
            raise self._away(done.stderr, advice)
        if done.returncode == _CONNECTION_BROKE:
            raise self._away(done.stderr, "the connection broke in the middle of a command: look at the cable")
        return Completed(done.returncode, done.stdout.replace("\r\n", "\n"), done.stderr.replace("\r\n", "\n"))

    def _away(self, said: str, advice: str) -> DeviceAway:
        return DeviceAway(self._text(said, advice))

    def _text(self, said: str, advice: str) -> str:
        lines = (line.strip() for line in said.splitlines() if not line.startswith("* "))  # adb starting its server
        quote = " ".join(line for line in lines if line)[-_LONGEST_QUOTE:]
        return f"phone {self._phone.serial}: {quote or 'no word'}; {advice}"


def quoted(*words: object) -> str:
    """Return words as a command line in which the phone's shell finds each of them unchanged."""
    return shlex.join(map(str, words))
