"""`search-client profile`: have a device measure what a search or a prediction needs."""

import time

from pydantic import BaseModel, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import Device, ProfileId, ProfileRequest, ProfileStatus, SnapshotId, TableId
from latency_service.contract.ops import OpSpec
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import POLL_S, print_facts, print_json, profile_bar, readable_errors
from search_client.commands.subjects import build_space, read_network
from search_client.faults import first_fault
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.latency.expected import SupernetCost
from search_client.latency.table import LatencyTable
from search_client.spaces.space import SearchSpace
from search_client.verify import NotMeasured


class ProfileAnswer(BaseModel):
    """What a profile came to.

    Attributes:
        already_measured: Ops that the table held before.
        measured: Ops that were measured now.
        fastest_ms: Latency of the space's fastest network; None where no space was profiled.
        slowest_ms: Of its slowest one.
    """

    profile_id: ProfileId
    table_id: TableId
    snapshot_id: SnapshotId
    ops: int
    already_measured: int
    measured: int
    fastest_ms: float | None = None
    slowest_ms: float | None = None


def profile(
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
    max_age_s: options.MaxAge = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Measure the ops of a search space, or of one network; what the table holds already is not measured again."""
    with readable_errors():
        searched = _space(space, space_param, architecture, network)
        ops = searched.ops() if searched else tuple(dict.fromkeys(read_network(architecture, network, resolution).ops))
        conditions = options.make_conditions(runtime, precision, threads, batch_size, condition)
        request = _request(device, conditions, ops, max_age_s)
        with connected(server, key_file) as client:
            answer = _run_profile(client, request, ops, searched)
        if as_json:
            print_json(answer)
        else:
            print_facts(f"Profile of {device}, {conditions}", _facts(answer))


def _space(name: str | None, params: list[str] | None, architecture: object, network: object) -> SearchSpace | None:
    if [name, architecture, network].count(None) != 2:
        raise InvalidInput("give exactly one of --space, --architecture and --network")
    if name is None:
        if params:
            raise InvalidInput("--space-param belongs to --space")
        return None
    return build_space(name, options.parse_assignments(params))


def _request(device: str, conditions: Conditions, ops: tuple[OpSpec, ...], max_age_s: float | None) -> ProfileRequest:
    try:
        return ProfileRequest(device=device, conditions=conditions, workloads=ops, max_age_s=max_age_s)
    except ValidationError as error:
        raise InvalidInput(f"this profile cannot be: {first_fault(error)}") from None


def _run_profile(
    client: ServiceClient, request: ProfileRequest, ops: tuple[OpSpec, ...], searched: SearchSpace | None
) -> ProfileAnswer:
    _refuse_what_is_not_served(client.device(request.device), request.conditions)
    created = client.create_profile(request)
    with profile_bar(f"measuring on {request.device}", total=len(ops)) as show:
        status = wait_for_profile(client, created.profile_id, show, lambda: time.sleep(POLL_S))
    table_id, snapshot_id = _outcome(status)
    answer = ProfileAnswer(
        profile_id=created.profile_id,
        table_id=table_id,
        snapshot_id=snapshot_id,
        ops=len(ops),
        already_measured=len(created.measured),
        measured=len(created.queued),
    )
    if searched is None:
        return answer
    fastest_ms, slowest_ms = SupernetCost(searched, LatencyTable(client.snapshot(snapshot_id))).range
    return answer.model_copy(update={"fastest_ms": fastest_ms, "slowest_ms": slowest_ms})


def _refuse_what_is_not_served(device: Device, conditions: Conditions) -> None:
    """Nobody would ever take a runtime's jobs, and the profile would wait for ever; a backend's would all fail."""
    if device.description is None:
        raise InvalidInput(
            f"{device.name} is known from an import alone: no agent measures it; start one with "
            f"`device-agent run --name {device.name}`"
        )
    known, runtime = device.description.runtimes, conditions.runtime
    served = [name for name, status in known.items() if status.available]
    if known and runtime not in served:  # an agent may keep to itself what it serves
        raise InvalidInput(
            f"the agent of {device.name} does not serve {runtime}, but {', '.join(served) or 'no runtime at all'}; "
            f"start it with `device-agent run --runtime {runtime}`"
        )
    reason = known[runtime].backends.get(conditions.backend) if runtime in known else None
    if reason is not None:
        raise InvalidInput(f"{runtime} cannot run on {conditions.backend} on {device.name}: {reason}")


def _outcome(status: ProfileStatus) -> tuple[TableId, SnapshotId]:
    if status.failures:
        reasons = "\n".join(f"  {each.workload} ({each.error_class}): {each.message}" for each in status.failures)
        raise NotMeasured(f"{status.device} did not measure {len(status.failures)} op(s):\n{reasons}")
    if status.table_id is None or status.snapshot_id is None:
        raise NotMeasured(f"the profile {status.profile_id} ended without a snapshot: it was cancelled")
    return status.table_id, status.snapshot_id


def _facts(answer: ProfileAnswer) -> dict[str, str]:
    facts = {
        "ops": f"{answer.ops}: {answer.already_measured} were there, {answer.measured} measured now",
        "snapshot": answer.snapshot_id,
    }
    if answer.fastest_ms is not None:
        facts["networks of this space"] = f"{answer.fastest_ms:.4g} to {answer.slowest_ms:.4g} ms"
    return facts
