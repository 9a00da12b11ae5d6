"""`device-agent probe`: what this agent's devices are, and which runtimes work on them."""

import typer
from pydantic_core import to_json

from device_agents.child.launcher import Launcher, make_launcher
from device_agents.commands.options import Config, Cores, Json, Runtimes, Threads, settings_from
from device_agents.config import AgentSettings
from device_agents.console import live_status, print_away, print_identity, readable_errors
from device_agents.devices.base import MeasuredDevice
from device_agents.devices.host import HostDevice
from device_agents.devices.phone import PhoneDevice
from device_agents.host.cores import allowed_cores, choose_cores
from device_agents.runtimes.base import DeviceAway


def probe(
    runtime: Runtimes = None, threads: Threads = None, cores: Cores = "", config: Config = None, as_json: Json = False
) -> None:
    """Say what this host and its phones are, and which runtimes work on them or why they do not.

    As JSON, one line a device.
    """
    with readable_errors():
        settings = settings_from(config, runtime, threads, cores)
        launcher = make_launcher(settings.isolation, settings.deadline_s)
        for device in _devices(settings):
            try:
                _probe(device, launcher, as_json)
            except DeviceAway as error:
                _say_away(device, str(error), as_json)


def _devices(settings: AgentSettings) -> list[MeasuredDevice]:
    """Return the devices, without a lock: an agent may be at work on them."""
    devices: list[MeasuredDevice] = [PhoneDevice(phone) for phone in settings.phones]
    if settings.host:
        cores = choose_cores(allowed_cores(), settings.cores, settings.threads)
        host = HostDevice(settings.name, cores, settings.threads, settings.runtimes, settings.runtime_settings)
        devices.insert(0, host)
    return devices


def _probe(device: MeasuredDevice, launcher: Launcher, as_json: bool) -> None:
    with live_status() as on_status:
        on_status(f"looking at the runtimes of {device.name}")
        description, state = device.description(device.probe(launcher)), device.state()
    if as_json:
        identity = {"name": device.name, "description": description, "fingerprint": state.fingerprint}
        typer.echo(to_json(identity | {"facts": state.facts}))
    else:
        print_identity(device.name, description, state)


def _say_away(device: MeasuredDevice, reason: str, as_json: bool) -> None:
    if as_json:
        typer.echo(to_json({"name": device.name, "away": reason}))
    else:
        print_away(device.name, reason)
