"""`search-client advise`: which ops a table lacks, and which of them to measure next."""

from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table

from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import format_key
from latency_service.contract.messages import Advice, AdviceRequest, AdvisedOp
from latency_service.contract.network import WorkloadKey
from latency_service.contract.ops import OpSpec
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import milliseconds, print_facts, print_json, readable_errors
from search_client.commands.profile import run_profile
from search_client.commands.profile_answer import ProfileAnswer
from search_client.commands.subjects import read_network, read_space
from search_client.faults import first_fault
from search_client.latency.table import present_table

Limit = Annotated[int, typer.Option(min=1, max=100, help="How many ops to name.")]
Measure = Annotated[bool, typer.Option("--measure", help="Have the device measure the ops that are named.")]


class AdviseAnswer(BaseModel):
    """What to measure next.

    Attributes:
        advice: As of before anything was measured.
        profile: What came of measuring it; None where that was not asked for, or nothing was lacking.
    """

    advice: Advice
    profile: ProfileAnswer | None = None


def advise(
    device: options.Device,
    runtime: options.Runtime,
    space: options.SpaceName = None,
    space_param: options.SpaceParams = None,
    architecture: options.ArchitectureFile = None,
    network: options.NetworkName = None,
    resolution: options.Resolution = 224,
    precision: options.PrecisionOption = None,
    threads: options.Threads = None,
    batch_size: options.BatchSize = None,
    condition: options.ConditionOptions = None,
    limit: Limit = 10,
    measure: Measure = False,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Tell which ops of a space or network to measure next, so that what is predicted is off by less.

    First come ops that cannot be predicted from those measured, then those that tell most of all the others.
    """
    with readable_errors():
        searched = read_space(space, space_param, architecture, network)
        ops = searched.ops_by_place() if searched else read_network(architecture, network, resolution).ops
        conditions = options.make_conditions(runtime, precision, threads, batch_size, condition)
        request = _request(ops, limit)
        with connected(server, key_file) as client:
            advice = client.advice(present_table(client, device, conditions).table_id, request)
            wanted = advice.profile_request if measure else None
            answer = AdviseAnswer(advice=advice, profile=run_profile(client, wanted, None) if wanted else None)
        if as_json:
            print_json(answer)
        else:
            _print(f"{device}, {conditions}", answer)


def _request(ops: Sequence[OpSpec], limit: int) -> AdviceRequest:
    try:
        return AdviceRequest(ops=tuple(WorkloadKey(format_key(op)) for op in ops), limit=limit)
    except ValidationError as error:
        raise InvalidInput(f"this cannot be asked: {first_fault(error)}") from None


def _print(subject: str, answer: AdviseAnswer) -> None:
    advice = answer.advice
    table = Table("measure next", "times", "predicted, 90 % interval", "error then left", title_justify="left")
    table.title = f"On {subject}: {advice.lacking} ops are lacking"
    for op in advice.ops:
        left = "" if op.remaining is None else f"{100 * op.remaining:.0f} %"
        table.add_row(op.workload, str(op.occurrences), _predicted(op), left)
    Console().print(table)
    if answer.profile is not None:
        print_facts("Measured", answer.profile.facts())


def _predicted(op: AdvisedOp) -> str:
    if op.latency_ms is None or op.ci_low_ms is None or op.ci_high_ms is None:
        return op.reason or ""
    return milliseconds(op.latency_ms, (op.ci_low_ms, op.ci_high_ms))
