import pytest

from device_agents.runtimes.adb.complaints import help_with_connection, help_with_setup


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ("error: device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", "confirm its dialog"),
        ("adb: device unauthorized.\nTry 'adb kill-server' if that seems wrong.", "confirm its dialog"),
        ("error: device still authorizing", "confirm its dialog"),
        ("error: device offline", "plug it in again"),
        ("adb: device 'R5CT' not found", "USB debugging"),
        ("error: device 'R5CT' not found", "USB debugging"),
        ("adb: no devices/emulators found", "USB debugging"),
        ("error: more than one device with serial R5CT", "unplug one"),
        ("error: insufficient permissions for device: user in plugdev group; are your udev rules wrong?", "udev"),
        ("error: closed", "kill-server"),
        ("error: protocol fault (couldn't read status): Connection reset by peer", "kill-server"),
        ("* daemon not running\nadb: failed to check server version: cannot connect to daemon", "kill-server"),
        ("adb: error: failed to read copy response: EOF", "kill-server"),
    ],
)
def test_what_adb_says_of_the_connection_is_answered_with_what_helps(said: str, helps: str) -> None:
    advice = help_with_connection(said)
    assert advice is not None
    assert helps in advice


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ("adb: error: failed to copy 'm' to '/d/m': remote couldn't create file: No space left on device", "free"),
        ("adb: error: failed to copy 'm' to '/d/m': remote couldn't create file: Read-only file system", "folder"),
        ("/system/bin/sh: /data/local/tmp/tool: can't execute: Permission denied", "folder"),
        ('CANNOT LINK EXECUTABLE "/data/local/tmp/tool": library "libc++_shared.so" not found', "architecture"),
        ("/system/bin/sh: /data/local/tmp/tool: not executable: 64-bit ELF file", "architecture"),
        ("taskset: failed to set pid 4711's affinity: Invalid argument", "taskset_mask"),
        ("/system/bin/sh: taskset: inaccessible or not found", "taskset_mask"),
        ("/system/bin/sh: /data/local/tmp/tool: inaccessible or not found", "next batch"),
    ],
)
def test_what_the_phone_lacks_is_answered_with_what_helps(said: str, helps: str) -> None:
    advice = help_with_setup(said)
    assert advice is not None
    assert helps in advice


@pytest.mark.parametrize("said", ["", "a program: device offline", "ERROR: the connection was closed", "not so bad"])
def test_what_the_phones_programs_say_is_no_complaint_of_adb(said: str) -> None:
    assert help_with_connection(said) is None


def test_an_unknown_complaint_is_answered_with_nothing() -> None:
    assert help_with_setup("ERROR: whatever") is None
