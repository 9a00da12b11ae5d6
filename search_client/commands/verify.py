"""`search-client verify`: have the device measure a network whole, and hold the table's promise against it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import NetworkSpec
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import (
    POLL_S,
    milliseconds,
    predicted_milliseconds,
    print_facts,
    print_json,
    profile_bar,
    readable_errors,
)
from search_client.commands.subjects import read_network
from search_client.commands.trust import warn_of
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from search_client.training.run_folder import RunFolder
from search_client.verify import Verifications, VerifyResult, verify_network


def verify(
    run: Annotated[Path | None, typer.Option(help="Folder of a search: its network, device and pinned table.")] = None,
    device: options.DeviceOfNewRun = None,
    runtime: options.RuntimeOfNewRun = None,
    architecture: options.ArchitectureFile = None,
    network: options.NetworkName = None,
    resolution: options.Resolution = 224,
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Measure a network whole on its device: predicted, measured, error. With --run the folder keeps the outcome."""
    with readable_errors(), connected(server, key_file) as client:
        if run is not None:
            if any(
                given is not None
                for given in (device, runtime, architecture, network, precision, threads, batch_size, condition)
            ):
                raise InvalidInput("a run says itself what is measured, where and how: give --run alone")
            results = list(_verify_run(client, RunFolder.open(run)))
        else:
            spec = read_network(architecture, network, resolution)
            conditions = options.make_conditions(
                options.require(runtime, "--runtime"), precision, threads, batch_size, condition
            )
            table = LatencyTable.fetch(client, device=options.require(device, "--device"), conditions=conditions)
            results = [_verify(client, table, spec)]
        if as_json:
            print_json(Verifications(results=tuple(results)))
            return
        for result in results:
            print_facts(f"On {result.device}, {result.conditions}", _facts(result))


def _verify_run(client: ServiceClient, folder: RunFolder) -> Iterator[VerifyResult]:
    network = folder.architecture.network()
    for index, snapshot in enumerate(folder.snapshots):
        result = _verify(client, LatencyTable(snapshot), network)
        folder.write_verification(index, result)
        yield result


def _verify(client: ServiceClient, table: LatencyTable, network: NetworkSpec) -> VerifyResult:
    warn_of(table)
    with profile_bar(f"measuring the network on {table.device}", total=1) as show:
        return verify_network(client, table, network, show, lambda: time.sleep(POLL_S))


def _facts(result: VerifyResult) -> dict[str, str]:
    return {
        "predicted": predicted_milliseconds(result.predicted_ms, result.network_error_percent, result.predicted_ci_ms),
        "measured": f"{milliseconds(result.measured_ms, result.measured_ci_ms)}, {result.verdict}",
        "error": f"{result.error_percent:+.1f} %",
    }
