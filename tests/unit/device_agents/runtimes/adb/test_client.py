from pathlib import Path, PurePosixPath

import pytest

from device_agents.runtimes.adb.client import Adb, PhoneSilent, quoted
from device_agents.runtimes.base import DeviceAway
from tests.phones import SERIAL, plug_in


def test_a_command_gives_its_output_and_the_exit_code_of_the_phones_shell(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    done = Adb(settings).shell("echo one; echo two >&2; exit 7")
    assert (done.exit_code, done.stdout, done.stderr) == (7, "one\n", "two\n")


def test_quoted_words_reach_the_phone_unchanged(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    words = ("it's", "a b", "$HOME", "*", "`x`", "--flag=[a];b", "")
    assert Adb(settings).require(quoted("printf", r"%s\n", *words)) == "".join(f"{word}\n" for word in words)


@pytest.mark.parametrize(
    ("connection", "helps"),
    [
        ("unauthorized", "confirm its dialog"),
        ("offline", "plug it in again"),
        ("none", "USB debugging"),
        ("closed", "kill-server"),
        ("no permissions", "udev"),
        ("server gone", "kill-server"),
    ],
)
def test_a_phone_that_cannot_be_reached_is_away_and_the_error_says_what_helps(
    tmp_path: Path, connection: str, helps: str
) -> None:
    phone, settings = plug_in(tmp_path)
    phone.connection = connection
    with pytest.raises(DeviceAway, match=helps) as caught:
        Adb(settings).shell("echo hello")
    assert SERIAL in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "daemon not running" not in str(caught.value)


def test_a_connection_that_breaks_in_the_middle_of_a_command_is_a_phone_away(tmp_path: Path) -> None:
    phone, settings = plug_in(tmp_path)
    with pytest.raises(DeviceAway, match="in the middle of a command"):
        Adb(settings).shell(f"echo none > {phone.root}/connection")


def test_a_phone_that_does_not_answer_is_silent(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, timeout_s=0.5)
    with pytest.raises(PhoneSilent, match=r"no answer within 0\.5 s; unlock"):
        Adb(settings).shell("exec sleep 5 >&- 2>&-")


def test_a_host_without_adb_says_what_to_install(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path, adb=tmp_path / "no-such-adb")
    with pytest.raises(DeviceAway, match="platform-tools"):
        Adb(settings).shell("echo hello")


def test_a_command_that_must_succeed_says_why_it_did_not(tmp_path: Path) -> None:
    _, settings = plug_in(tmp_path)
    with pytest.raises(DeviceAway, match=r"odd; exit code 3"):
        Adb(settings).require("echo odd >&2; exit 3")


@pytest.mark.parametrize(("fault", "helps"), [("no space", "free some space"), ("read-only", "set `folder`")])
def test_a_file_that_the_phone_does_not_take_says_what_helps(tmp_path: Path, fault: str, helps: str) -> None:
    phone, settings = plug_in(tmp_path)
    phone.break_down(push=fault)
    with pytest.raises(DeviceAway, match=helps):
        Adb(settings).push(settings.benchmark_model, PurePosixPath("/data/local/tmp/tool"))
