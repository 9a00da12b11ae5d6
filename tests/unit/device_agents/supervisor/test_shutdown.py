import os
import signal
import threading

import pytest

from device_agents.supervisor.shutdown import Shutdown


def test_the_first_request_drains_and_the_second_aborts() -> None:
    shutdown = Shutdown()
    assert not shutdown.is_draining
    shutdown.request()
    assert shutdown.is_draining
    assert not shutdown.is_aborting
    shutdown.request()
    assert shutdown.is_aborting


def test_a_request_wakes_the_sleeper_and_is_not_forgotten() -> None:
    shutdown = Shutdown()
    threading.Timer(0.01, shutdown.request).start()
    shutdown.wait(60)
    assert shutdown.is_draining


def test_a_signal_wakes_the_sleeper() -> None:
    shutdown = Shutdown()
    before = signal.signal(signal.SIGUSR1, lambda *_: shutdown.request())
    try:
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        shutdown.wait(60)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert shutdown.is_draining


def test_a_wait_ends_by_itself() -> None:
    shutdown = Shutdown()
    shutdown.wait(0.001)
    assert not shutdown.is_draining


def test_a_long_wait_is_told_about_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[None] = []
    monkeypatch.setattr("device_agents.supervisor.shutdown._SLICE_S", 0.001)
    Shutdown(lambda: told.append(None)).wait(0.01)
    assert len(told) == 10
