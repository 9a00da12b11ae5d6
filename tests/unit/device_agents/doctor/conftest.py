"""Stands on hosts of files, for the checks' tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from device_agents.doctor.stand import Stand
from tests.unit.device_agents.hosts import Tree, plant, x86_server

StandOn = Callable[..., Stand]


@pytest.fixture
def stand_on(tmp_path: Path) -> StandOn:
    """Return a maker of stands: on core 3 of a server with four, unless said otherwise, with some files changed."""

    def stand(
        change: Tree | None = None, tree: Tree = x86_server.TREE, cores: tuple[int, ...] = (3,), allowed: int = 4
    ) -> Stand:
        return Stand(plant(tmp_path, {**tree, **(change or {})}), cores, tuple(range(allowed)) if cores else ())

    return stand
