from pathlib import Path

import pytest

from search_client.data.registry import data_set_names
from tests.unit.search_client.commands.calls import call
from tests.unit.search_client.data.photograph_folder import make_folder


def listed(cache_dir: Path) -> dict[str, str]:
    """Return what the second column says of each data set."""
    lines = call("data-sets", "--cache-dir", str(cache_dir)).stdout.splitlines()
    rows = [[cell.strip() for cell in line.split("│")] for line in lines if line.startswith("│")]
    return {name: here for _, name, here, *_ in rows if name}


def test_every_data_set_is_listed_with_what_would_have_to_be_fetched(tmp_path: Path) -> None:
    found = listed(tmp_path)
    assert set(found) == set(data_set_names())
    assert (found["digits"], found["cifar10"], found["image-folder"]) == ("yes", "no", "no")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cifar10", "cifar-10-python.tar.gz"),
        ("cifar10", "decoded.npz"),
    ],
)
def test_a_data_set_whose_files_were_put_there_is_here(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / file).touch()
    assert listed(tmp_path)[name] == "yes"


def test_a_folder_of_photographs_is_here_once_it_has_both_parts(tmp_path: Path) -> None:
    (tmp_path / "image-folder" / "train").mkdir(parents=True)
    assert listed(tmp_path)["image-folder"] == "no"
    make_folder(tmp_path / "image-folder", images_a_class=1)
    assert listed(tmp_path)["image-folder"] == "yes"


def test_the_listing_names_the_cache(tmp_path: Path) -> None:
    assert "each in the folder of its name in" in call("data-sets", "--cache-dir", str(tmp_path)).stdout


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("losses", ("constrained", "tolerance=0.02", "log-ratio", "additive", "weight")),
        ("strategies", ("proxyless-gradient", "proxyless-reinforce", "gates=two-path")),
    ],
)
def test_losses_and_strategies_are_listed_with_their_parameters(
    monkeypatch: pytest.MonkeyPatch, command: str, told: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    printed = call(command).stdout
    assert all(text in printed for text in told)
    assert "target," not in printed  # each search sets it
