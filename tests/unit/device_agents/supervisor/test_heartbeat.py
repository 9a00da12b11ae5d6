from device_agents.child.orders import ProbeOrder
from device_agents.supervisor.heartbeat import BeatingLauncher, Heartbeat
from device_agents.supervisor.systemd import Systemd
from tests.fake_worker import launcher


class Listener(Systemd):
    """Counts what systemd would hear."""

    def __init__(self) -> None:
        super().__init__(None)
        self.beats = 0

    def is_alive(self) -> None:
        self.beats += 1


class Watch:
    """A clock that the test turns."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_systemd_hears_of_a_beat_every_few_seconds_at_most() -> None:
    watch, systemd = Watch(), Listener()
    heartbeat = Heartbeat(watch, systemd)
    for _ in range(200):
        watch.now_s += 0.1
        heartbeat.beat()
    assert 3 <= systemd.beats <= 5


def test_a_heart_that_stops_is_known_for_how_long() -> None:
    watch = Watch()
    heartbeat = Heartbeat(watch, Listener())
    heartbeat.beat()
    watch.now_s += 42
    assert heartbeat.silent_s == 42


def test_waiting_for_a_child_is_no_silence() -> None:
    watch = Watch()
    heartbeat = Heartbeat(watch, Listener())
    watch.now_s += 42
    (event,) = BeatingLauncher(launcher(), heartbeat).events(ProbeOrder(runtime="fake"))
    assert event.kind == "probed"
    assert heartbeat.silent_s == 0


def test_a_child_that_is_no_longer_wanted_is_still_ended() -> None:
    heartbeat = Heartbeat(Watch(), Listener())
    assert list(BeatingLauncher(launcher(), heartbeat).events(ProbeOrder(runtime="fake"), lambda: True)) == []
