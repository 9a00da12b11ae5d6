from pathlib import Path

import pytest

from device_agents.runtimes.adb.client import Adb
from device_agents.runtimes.adb.folder import PhoneFolder
from device_agents.runtimes.base import DeviceAway
from tests.fake_adb import FakePhone
from tests.phones import plug_in


@pytest.fixture
def phone(tmp_path: Path) -> FakePhone:
    return plug_in(tmp_path)[0]


@pytest.fixture
def folder(tmp_path: Path, phone: FakePhone) -> PhoneFolder:
    settings = plug_in(tmp_path)[1]
    made = PhoneFolder(Adb(settings), settings.folder)
    made.make()
    return made


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.write_bytes(b"a model " * 100)
    return path


def pushes(phone: FakePhone) -> int:
    return sum(command.startswith("push ") for command in phone.commands)


def test_a_file_is_pushed_once_under_a_name_from_its_content(
    folder: PhoneFolder, phone: FakePhone, model: Path
) -> None:
    remote = folder.put(model, ".tflite")
    assert folder.put(model, ".tflite") == remote
    assert pushes(phone) == 1
    assert phone.pushed() == [remote.name]
    assert (phone.root / str(remote)[1:]).read_bytes() == model.read_bytes()


def test_another_content_has_another_name(folder: PhoneFolder, phone: FakePhone, model: Path) -> None:
    first = folder.put(model)
    model.write_bytes(b"another model")
    assert folder.put(model) != first
    assert len(phone.pushed()) == 2


def test_a_file_that_was_damaged_on_the_phone_is_pushed_again(
    folder: PhoneFolder, phone: FakePhone, model: Path
) -> None:
    remote = phone.root / str(folder.put(model))[1:]
    remote.write_bytes(b"damaged")
    folder.put(model)
    assert remote.read_bytes() == model.read_bytes()


def test_a_file_that_arrives_cut_short_is_noticed(folder: PhoneFolder, phone: FakePhone, model: Path) -> None:
    phone.break_down(push="cut short")
    with pytest.raises(DeviceAway, match="arrived damaged"):
        folder.put(model)


def test_a_program_can_be_run(folder: PhoneFolder, phone: FakePhone, model: Path) -> None:
    assert (phone.root / str(folder.put(model, mode="755"))[1:]).stat().st_mode & 0o777 == 0o755


def test_a_folder_made_again_has_lost_its_models_and_kept_its_programs(
    folder: PhoneFolder, phone: FakePhone, model: Path
) -> None:
    program = folder.put(model)
    folder.put(model, ".tflite")
    folder.make()
    assert phone.pushed() == [program.name]
