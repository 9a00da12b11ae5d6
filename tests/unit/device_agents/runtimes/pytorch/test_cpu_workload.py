import torch

from device_agents.runtimes.preparation import prepare
from device_agents.runtimes.pytorch.cpu_workload import LoadedOnCpu
from device_agents.runtimes.pytorch.placed_module import PlacedModule
from device_agents.stopwatch.subject import SelfFlushing, SelfReporting, SelfTimed
from latency_service.contract.conditions import Conditions
from latency_service.contract.keys import parse_key

OP = parse_key("v1-conv_bn_act-4x4x3-out4-k3-s1-g1-relu6")


def load() -> tuple[PlacedModule, LoadedOnCpu]:
    conditions = Conditions(runtime="torch")
    placed = PlacedModule(prepare(OP, conditions, seed=0), conditions, "cpu")
    return placed, LoadedOnCpu(placed)


def test_a_run_computes_on_the_current_input() -> None:
    placed, loaded = load()
    given: list[torch.Tensor] = []
    forward = placed.forward

    def recording(images: torch.Tensor) -> torch.Tensor:
        given.append(images)
        return forward(images)

    placed.forward = recording
    loaded.next_input()
    loaded.run()
    assert given == [placed.input]


def test_the_hosts_own_clock_and_caches_serve() -> None:
    _, loaded = load()
    assert not isinstance(loaded, SelfTimed | SelfFlushing | SelfReporting)
