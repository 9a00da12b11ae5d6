import shutil
from pathlib import Path

import pytest

from search_client.training.run_folder import RunFolder
from tests.unit.search_client.trained_folder import trained_folder


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished search's folder; whoever writes into it copies it first."""
    return trained_folder(tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture
def run_copy(trained_run: RunFolder, tmp_path: Path) -> Path:
    """A copy of that folder, to be written into."""
    return Path(shutil.copytree(trained_run.path, tmp_path / "run"))
