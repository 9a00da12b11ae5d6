import shutil
from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput, NotFound
from search_client.commands.contestants import read_contestants
from search_client.training.run_folder import RunFolder


def test_a_run_tells_what_it_was_searched_for_and_how_good_it_is(trained_run: RunFolder) -> None:
    ((contestant, spec),) = read_contestants([trained_run.path], [], resolution=224)
    assert spec == trained_run.architecture.network()
    assert (contestant.name, contestant.accuracy, contestant.macs) == ("run", 0.875, spec.macs)
    assert [place.label for place in contestant.targets] == ["board onnxruntime"]


def test_a_retrained_network_has_no_target(run_copy: Path) -> None:
    (run_copy / "snapshots" / "0.json").unlink()
    (run_copy / "snapshots").rmdir()
    ((contestant, _),) = read_contestants([run_copy], [], resolution=224)
    assert (contestant.targets, contestant.accuracy) == ((), None)


def test_folders_of_the_same_name_are_told_apart_by_their_paths(run_copy: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(run_copy, tmp_path / "elsewhere" / "run"))
    names = [contestant.name for contestant, _ in read_contestants([run_copy, other], [], resolution=224)]
    assert names == [str(run_copy), str(other)]


@pytest.mark.parametrize("names", [[], ["mobilenet-v2", "mobilenet-v2"]])
def test_no_network_and_the_same_one_twice_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidInput, match="at least one"):
        read_contestants([], names, resolution=32)


def test_networks_for_different_images_do_not_compare(trained_run: RunFolder) -> None:
    with pytest.raises(InvalidInput, match=r"run 32x32x3, mobilenet-v2 224x224x3"):
        read_contestants([trained_run.path], ["mobilenet-v2"], resolution=224)


def test_a_folder_that_holds_no_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"architecture\.json"):
        read_contestants([tmp_path], [], resolution=32)
