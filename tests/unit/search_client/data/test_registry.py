from pathlib import Path

import pytest

from latency_service.contract.errors import UnknownName
from search_client.data.dataset import DataSetUnavailable
from search_client.data.registry import data_set_names, load_data_set


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
    with pytest.raises(UnknownName, match="auto, cifar10, digits"):
        load_data_set("mnist", tmp_path)
    assert data_set_names() == ("auto", "cifar10", "digits")
