"""`search-client profile`: have a device measure what a search or a prediction needs."""

import time
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import (
    Device,
    ProfileRequest,
    ProfileStatus,
    SnapshotId,
    TableId,
)
from latency_service.contract.network import NetworkSpec, WorkloadKey, is_network_key
from latency_service.contract.ops import OpSpec
from search_client.commands import options
from search_client.commands.connection import connected
from search_client.commands.console import POLL_S, print_facts, print_json, profile_bar, readable_errors
from search_client.commands.profile_answer import ProfileAnswer
from search_client.commands.subjects import read_network, read_space
from search_client.commands.trust import warn_of
from search_client.faults import first_fault
from search_client.latency.client import ServiceClient, wait_for_profile
from search_client.latency.expected import SupernetCost
from search_client.latency.table import LatencyTable
from search_client.spaces.anchors import choose_anchors
from search_client.spaces.space import SearchSpace
from search_client.verify import NotMeasured

_ANCHORS = 10


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
    anchors: options.Anchors = None,
    anchor_seed: options.AnchorSeed = None,
    quick: options.Quick = None,
    server: options.Server = options.DEFAULT_SERVER,
    key_file: options.KeyFile = None,
    as_json: options.Json = False,
) -> None:
    """Measure the ops of a search space, or of one network; what the table holds already is not measured again.

    Of a space some networks are measured whole in the same session: they tell what sums of ops are worth. With --quick
    a new device needs a few ops measured only, where the service has tables of other devices.
    """
    with readable_errors():
        searched = read_space(space, space_param, architecture, network)
        ops = searched.ops() if searched else tuple(dict.fromkeys(read_network(architecture, network, resolution).ops))
        conditions = options.make_conditions(runtime, precision, threads, batch_size, condition)
        anchored = _anchors(searched, anchors, anchor_seed)
        request = _request(device, conditions, ops, anchored, quick, max_age_s)
        with connected(server, key_file) as client:
            answer = run_profile(client, request, searched)
        if as_json:
            print_json(answer)
        else:
            print_facts(f"Profile of {device}, {conditions}", answer.facts())


def _anchors(searched: SearchSpace | None, count: int | None, seed: int | None) -> tuple[NetworkSpec, ...]:
    if searched is None:
        if (count, seed) != (None, None):
            raise InvalidInput("--anchors and --anchor-seed belong to --space: anchors are networks of a space")
        return ()
    return choose_anchors(searched, _ANCHORS if count is None else count, seed or 0)


def _request(
    device: str,
    conditions: Conditions,
    ops: tuple[OpSpec, ...],
    anchors: tuple[NetworkSpec, ...],
    quick: int | None,
    max_age_s: float | None,
) -> ProfileRequest:
    try:
        return ProfileRequest(
            device=device, conditions=conditions, workloads=ops, anchors=anchors, quick=quick, max_age_s=max_age_s
        )
    except ValidationError as error:
        raise InvalidInput(f"this profile cannot be: {first_fault(error)}") from None


def run_profile(client: ServiceClient, request: ProfileRequest, searched: SearchSpace | None) -> ProfileAnswer:
    """Have a device measure what is asked for, and show how far it is; `searched` is the space that it is for.

    Raises:
        InvalidInput: No agent would ever measure it.
        NotMeasured: Something could not be measured, or the profile was cancelled.
    """
    _refuse_what_is_not_served(client.device(request.device), request.conditions)
    created = client.create_profile(request)
    total = len(request.workloads) + len(request.anchors) - len(created.predicted)
    with profile_bar(f"measuring on {request.device}", total=total) as show:
        status = wait_for_profile(client, created.profile_id, show, lambda: time.sleep(POLL_S))
    table_id, snapshot_id = _outcome(status)
    answer = ProfileAnswer(
        profile_id=created.profile_id,
        table_id=table_id,
        snapshot_id=snapshot_id,
        ops=len(request.workloads),
        already_measured=_count_ops(created.measured),
        measured=_count_ops(created.queued),
        predicted=len(created.predicted),
        anchors=len(request.anchors),
    )
    snapshot = client.snapshot(snapshot_id)
    table = LatencyTable(snapshot)
    warn_of(table)
    networks = _networks(table, searched) if searched else {}
    return answer.model_copy(update={"transfer": snapshot.transfer} | networks)


def _count_ops(keys: Iterable[WorkloadKey]) -> int:
    return sum(not is_network_key(key) for key in keys)


def _networks(table: LatencyTable, searched: SearchSpace) -> dict[str, Any]:
    fastest_ms, slowest_ms = SupernetCost(searched, table).range
    return {
        "fastest_ms": fastest_ms,
        "slowest_ms": slowest_ms,
        "network_error_percent": table.network_error_percent,
        "correction": table.snapshot.correction,
    }


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
        of_networks = any(is_network_key(each.workload) for each in status.failures)
        hint = "\n--anchors 0 measures no networks" if of_networks else ""
        raise NotMeasured(f"{status.device} did not measure {len(status.failures)} workload(s):\n{reasons}{hint}")
    if status.table_id is None or status.snapshot_id is None:
        raise NotMeasured(f"the profile {status.profile_id} ended without a snapshot: it was cancelled")
    return status.table_id, status.snapshot_id
