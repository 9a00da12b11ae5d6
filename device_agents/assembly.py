"""Assembly: the one place where an agent's parts are made and put together."""

import random
import signal
from collections.abc import Callable

import httpx

from device_agents.child import ChildLauncher
from device_agents.client import ServiceClient
from device_agents.config import AgentSettings
from device_agents.cores import allowed_cores, choose_cores, leave_to_child
from device_agents.daemon import Daemon
from device_agents.delivery import Delivery
from device_agents.host_files import HostFiles
from device_agents.registration import Registrar, probe_runtimes
from device_agents.retry import Retry
from device_agents.shutdown import Shutdown
from device_agents.spool import Spool

_TIMEOUT_S = 10.0


def run_agent(settings: AgentSettings, launcher: ChildLauncher, on_status: Callable[[str], None]) -> None:
    """Run an agent in this process, from its main thread, until SIGTERM or SIGINT.

    Raises:
        AgentTooOld: The service no longer takes this agent's protocol.
        LatencyError: The settings cannot be met here, or the service refuses what no waiting would mend.
    """
    shutdown, rng = Shutdown(), random.Random()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.request())
    cores = choose_cores(allowed_cores(), settings.cores, settings.threads)
    leave_to_child(cores)
    on_status("looking at the runtimes of this host")
    statuses = probe_runtimes(launcher, settings.runtimes)
    with httpx.Client(base_url=str(settings.server), timeout=_TIMEOUT_S) as http:
        client = ServiceClient(http, Retry(sleep=shutdown.wait, rng=rng, is_over=lambda: shutdown.is_aborting))
        Daemon(
            settings=settings,
            cores=cores,
            client=client,
            registrar=Registrar(client, settings.name, statuses, HostFiles(), cores),
            delivery=Delivery(client, Spool(settings.spool_dir)),
            launcher=launcher,
            shutdown=shutdown,
            rng=rng,
            on_status=on_status,
        ).run()
