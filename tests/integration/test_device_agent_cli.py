"""`device-agent` as a person runs it: the real runtimes, real processes."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import JobId, LeasedJob
from tests.fake_service import FakeService, serving

OP = "v1-mbconv-14x14x8-out8-k3-s1-e3-skip1-relu6"
OTHER_OP = "v1-classifier-7x7x64-out10"
#: Many times what a measurement takes: where a machine's speed wanders, it goes on to its rules' end.
PATIENCE_S = 300


def device_agent(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "device_agents", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("runtime", ["onnxruntime", "tflite", "torch"])
def test_measure_gives_a_whole_measurement_as_json(runtime: str) -> None:
    done = device_agent("measure", OP, "--runtime", runtime, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    measurement = answer["measurement"]
    assert answer["workload"] == OP
    assert answer["conditions"]["runtime"] == runtime
    assert 0 < measurement["summary"]["median_ms"] < 100
    assert len(measurement["samples_ms"]) == sum(measurement["round_sizes"])
    assert measurement["runtime_facts"]["runtime_version"]


def test_measure_prints_median_interval_and_verdict() -> None:
    done = device_agent("measure", OP, "--runtime", "onnxruntime")
    assert done.returncode == 0, done.stderr
    assert {"median", "interval", "verdict"} <= set(done.stdout.split())


def test_a_network_is_measured_by_name() -> None:
    done = device_agent("measure", "mobilenet-v2", "--runtime", "onnxruntime", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measurement"]["summary"]["median_ms"] > 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("measure", "resnet-9000", "--runtime", "onnxruntime"), "known are proxyless"),
        (("measure", "v1-mbconv-14x14x8", "--runtime", "onnxruntime"), "op key"),
        (("measure", OP.replace("v1-", "v9-"), "--runtime", "onnxruntime"), "does not start with 'v1'"),
        (("measure", OP, "--runtime", "abacus"), "known are onnxruntime, tflite, torch"),
        (("measure", OP, "--runtime", "onnxruntime", "--cores", "999"), "cores 999 were asked for"),
        (("run", "--runtime", "abacus"), "known are onnxruntime, tflite, torch"),
        (("run", "--server", "nowhere"), "server"),
    ],
)
def test_a_mistake_is_one_readable_line(arguments: tuple[str, ...], message: str) -> None:
    done = device_agent(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_probe_says_what_the_host_is_and_which_runtimes_work() -> None:
    done = device_agent("probe", "--runtime", "onnxruntime", "--json")
    answer = json.loads(done.stdout)
    assert answer["description"]["runtimes"]["onnxruntime"]["available"]
    assert answer["facts"]["kernel"]
    assert (
        answer["fingerprint"]
        == json.loads(device_agent("probe", "--runtime", "tflite", "--json").stdout)["fingerprint"]
    )


def test_run_measures_what_the_service_lends_with_a_real_runtime(tmp_path: Path) -> None:
    jobs = [LeasedJob(job_id=JobId(key), attempt=1, workload=parse_key(key)) for key in (OP, OTHER_OP)]
    with serving(FakeService()) as service:
        service.queue, service.conditions = jobs, Conditions(runtime="onnxruntime")
        command = [sys.executable, "-m", "device_agents", "run", "--server", service.url, "--name", "board"]
        command += ["--runtime", "onnxruntime", "--state-dir", str(tmp_path)]
        agent = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert agent.stderr is not None
        lines = list(islice(agent.stderr, 4))
        agent.terminate()
        assert agent.wait(60) == 0
        agent.stderr.close()
    assert [json.loads(line)["event"] for line in lines] == ["registered", "leased", "measured", "measured"]
    assert set(service.results) == {OP, OTHER_OP}
    assert service.requests[0].runtimes == ("onnxruntime",)


_PROBE_HERE = """
import sys
from device_agents.cli import app
app(["probe", "--runtime", "onnxruntime"], standalone_mode=False)
loaded = {"torch", "fastapi", "sqlalchemy"} & set(sys.modules)
sys.exit(f"loaded {loaded}" if loaded else 0)
"""


def test_the_supervisor_loads_neither_torch_nor_the_service() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE_HERE], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "works" in done.stdout


_CHILD_HERE = """
import sys
from device_agents.child.orders import Answered, MeasureOrder
from device_agents.runtimes.registry import make_runtime
from device_agents.child.worker import carry_out
order = MeasureOrder.model_validate_json(sys.argv[1])
events = []
carry_out(order, make_runtime, events.append)
(answer,) = (event for event in events if isinstance(event, Answered))
assert answer.result.measurement
loaded = {"torch", "fastapi", "sqlalchemy"} & set(sys.modules)
sys.exit(f"loaded {loaded}" if loaded else 0)
"""


@pytest.mark.parametrize("runtime", ["onnxruntime", "tflite"])
def test_the_child_loads_only_the_runtime_that_it_was_asked_for(runtime: str) -> None:
    order = {"conditions": {"runtime": runtime}, "jobs": [{"job_id": "j", "attempt": 1, "workload": OP}]}
    command = [sys.executable, "-c", _CHILD_HERE, json.dumps(order)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
