"""What every test needs: agents apart from the machine's real ones, and logging as it was."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def _agents_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep agents from the core locks and the configuration of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEVICE_AGENT_LOCK_DIR", str(tmp_path_factory.mktemp("locks")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a command configured that ran within the test: its stderr is closed by the next one."""
    yield
    structlog.reset_defaults()
