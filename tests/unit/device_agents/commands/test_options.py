import pytest

from device_agents.commands.options import settings_from
from device_agents.config import AgentSettings
from latency_service.contract.errors import InvalidInput, UnknownName


def test_options_that_were_not_given_leave_the_defaults() -> None:
    settings = settings_from(None, None, None, "")
    assert (settings.runtimes, settings.threads) == (AgentSettings().runtimes, 1)


def test_options_are_settings() -> None:
    settings = settings_from(None, ["tflite"], 2, "0,1")
    assert (settings.runtimes, settings.threads, settings.cores) == (("tflite",), 2, (0, 1))


def test_a_runtime_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownName, match="abacus"):
        settings_from(None, ["abacus"], None, "")


def test_a_setting_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cores"):
        settings_from(None, None, None, "x")
