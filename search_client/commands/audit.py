"""`search-client audit`: hold a table against whole networks that it has not seen."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from latency_service.contract.errors import InvalidInput
from search_client.audit.folder import AuditFolder
from search_client.audit.measuring import measure_session
from search_client.audit.plan import AuditSettings, Plan
from search_client.audit.session import Session
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import POLL_S, print_json, profile_bar, readable_errors, stderr
from search_client.commands.subjects import build_space
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from search_client.spaces.space import SearchSpace
from search_client.training.atomic_file import write_atomically

if TYPE_CHECKING:
    from search_client.audit.account import Audit

_LEAST_NETWORKS = 5


def audit(
    device: options.Device,
    runtime: options.Runtime,
    space: Annotated[str, typer.Option(help="The space that was profiled; `search-client spaces` lists them.")],
    space_param: options.SpaceParams = None,
    networks: Annotated[int, typer.Option(min=_LEAST_NETWORKS, max=10_000, help="Random ones, held out.")] = 60,
    sessions: Annotated[int, typer.Option(min=1, help="Fresh ones; from the second on noise is told from error.")] = 1,
    anchors: Annotated[int | None, typer.Option(min=5, max=200, help="Default: those of the table, or 10.")] = None,
    no_anchors: Annotated[bool, typer.Option("--no-anchors", help="Measure none: what plain sums are worth.")] = False,
    seed: Annotated[int, typer.Option(help="Draws the networks.")] = 0,
    anchor_seed: Annotated[int, typer.Option(help="That the table's anchors were drawn by.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder of all sessions and of the account.")] = Path("audit"),
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Measure random networks whole, and see how far the table is from them. The same command goes on."""
    from search_client.audit.account import account  # scipy.stats, which no other command needs

    with readable_errors():
        if no_anchors and anchors is not None:
            raise InvalidInput("give --anchors or --no-anchors, not both")
        built = build_space(space, options.parse_assignments(space_param))
        settings = AuditSettings(
            space=built.name,
            space_params=dict(built.params),
            device=device,
            conditions=options.make_conditions(runtime, precision, threads, batch_size, condition),
            networks=networks,
            seed=seed,
            anchors=0 if no_anchors else anchors,
            anchor_seed=anchor_seed,
        )
        folder = AuditFolder(output)
        with connected(server, key_file) as client, _going_on(output):
            plan = _plan(client, folder, settings, built)
            measured = [_session(client, plan, folder, number + 1, sessions) for number in range(sessions)]
        found = account(plan, measured)
        _write(found, output)
        if as_json:
            print_json(found)
        else:
            _print(found, output)


@contextmanager
def _going_on(output: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        stderr().print(f"the device measures on; the same command goes on with what {output} holds", soft_wrap=True)
        raise


def _plan(client: ServiceClient, folder: AuditFolder, settings: AuditSettings, space: SearchSpace) -> Plan:
    plan = folder.plan(settings)
    if plan is None:
        table = LatencyTable.fetch(client, device=settings.device, conditions=settings.conditions)
        plan = Plan.make(settings, space, table)
        folder.write_plan(plan)
    return plan


def _session(client: ServiceClient, plan: Plan, folder: AuditFolder, number: int, total: int) -> Session:
    kept = folder.session(number)
    if kept is not None:
        return kept
    title = f"session {number} of {total} on {plan.settings.device}"
    with profile_bar(title, total=len(plan.networks) + len(plan.anchors)) as show:
        return measure_session(client, plan, folder, number, show, lambda: time.sleep(POLL_S))


def _write(found: "Audit", folder: Path) -> None:
    from search_client.audit.page import render_page  # matplotlib, which most commands do not need
    from search_client.audit.picture import picture

    files = {
        "audit.json": found.model_dump_json(indent=2).encode(),
        "audit.png": picture(found, "png"),
        "audit.html": render_page(found).encode(),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)


def _print(found: "Audit", folder: Path) -> None:
    from search_client.audit import text

    console = Console()
    for group in found.figures:
        console.print(text.figures_table(found, group))
    console.print(text.sessions_table(found))
    if any(text.published_rows(found)):
        console.print(text.published_table(found))
    if found.differences:
        console.print(text.differences_table(found))
    for sentence in text.sentences(found):
        console.print(sentence, highlight=False, soft_wrap=True)
    console.print(f"{folder / 'audit.html'}, and the same as .png and .json", soft_wrap=True)
