"""One service for all faults, as long as none kills it; each test has a device of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.rig import Rig, Service, rigged


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.kill()


@pytest.fixture
def rig(service: Service, tmp_path: Path) -> Iterator[Rig]:
    with rigged(service.url, f"board-{uuid4().hex[:8]}", tmp_path) as rig:
        yield rig
