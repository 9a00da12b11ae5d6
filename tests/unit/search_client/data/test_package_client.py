from pathlib import Path

import pytest

from search_client.data import package_client
from search_client.data.dataset import DataSetUnavailable
from search_client.data.package_client import run_client


def test_a_command_runs_in_its_folder(tmp_path: Path) -> None:
    run_client(["/bin/sh", "-c", "pwd > where"], "package", tmp_path)
    assert (tmp_path / "where").read_text().strip() == str(tmp_path.resolve())


@pytest.mark.parametrize(
    ("script", "reason"), [("echo first >&2; echo last >&2; exit 3", "last"), ("exit 3", "gave no")]
)
def test_a_failure_tells_what_the_client_said_last(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(DataSetUnavailable, match=f"sh could not fetch package-7: .*{reason}"):
        run_client(["/bin/sh", "-c", script], "package-7", tmp_path)


def test_a_client_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_client, "FETCH_TIMEOUT_S", 0.05)
    with pytest.raises(DataSetUnavailable, match="within"):
        run_client(["/bin/sh", "-c", "exec sleep 60"], "package", tmp_path)
