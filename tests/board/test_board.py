"""The agent on boards that are not there: real binaries of their architecture, under user-mode emulation."""

import json
from pathlib import Path

import numpy as np
import pytest

from device_agents.runtimes.registry import make_runtime
from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.messages import MeasurementRow, ProfileRequest
from latency_service.contract.network import workload_key
from search_client.latency.client import ServiceClient
from tests.board import six_ops
from tests.board.board import Board, RunningAgent
from tests.board.six_ops import SIX_OPS
from tests.processes import running_service

#: Kernels of another architecture add in another order.
_TOLERANCE = 1e-4

pytestmark = pytest.mark.timeout(1500)


def test_a_board_computes_what_this_host_computes(board: Board) -> None:
    for runtime in board.architecture.runtimes:
        there = [np.array(output) for output in json.loads(board.output(six_ops.__file__, runtime))]
        here = six_ops.outputs(make_runtime(runtime))
        for op, output, expected in zip(SIX_OPS, there, here, strict=True):
            np.testing.assert_allclose(output, expected, rtol=0, atol=_TOLERANCE, err_msg=f"{runtime}, {op}")


def test_the_agent_of_a_board_registers_measures_uploads_and_drains(board: Board, tmp_path: Path) -> None:
    name, runtimes = f"a-{board.architecture.name}-board", board.architecture.runtimes
    with running_service(tmp_path) as service, ServiceClient(service.url) as client:
        with board.running_agent(name, service.url, tmp_path) as agent:
            agent.wait_until(lambda: name in [device.name for device in client.devices()])
            rows = {runtime: _profiled(client, name, runtime, agent) for runtime in runtimes}
            assert agent.drain() == 0
        description = client.device(name).description
    assert description is not None
    assert description.architecture == board.architecture.name
    assert {name for name, status in description.runtimes.items() if status.available} == set(runtimes)
    for measured in rows.values():
        assert {row.workload for row in measured} == set(map(workload_key, SIX_OPS))
        assert all(row.leased and row.summary.median_ms > 0 for row in measured)
    packages = {row.measurement.runtime_facts["package"] for row in rows["tflite"] if row.measurement is not None}
    assert packages == {board.architecture.tflite_package}
    assert not list(tmp_path.rglob("spool/*.json"))


def _profiled(
    client: ServiceClient, device: DeviceName, runtime: str, agent: RunningAgent
) -> tuple[MeasurementRow, ...]:
    """Have the six ops measured, and return what was uploaded."""
    request = ProfileRequest(device=device, conditions=Conditions(runtime=runtime), workloads=SIX_OPS)
    profile = client.create_profile(request).profile_id
    agent.wait_until(lambda: client.profile(profile).state == "done")
    status = client.profile(profile)
    assert status.failures == ()
    assert status.table_id is not None
    return client.measurements(status.table_id, samples=True).measurements
