"""What every CudaDriver owes, whichever it is."""

from collections.abc import Iterator

import pytest
import torch

from device_agents.runtimes.pytorch.cuda_driver import CudaDriver
from tests.unit.device_agents.runtimes.pytorch.drivers import NAMES, working_driver


@pytest.fixture(params=NAMES)
def driver(request: pytest.FixtureRequest) -> Iterator[CudaDriver]:
    with working_driver(request.param) as driver:
        yield driver


def test_a_driver_names_its_gpu(driver: CudaDriver) -> None:
    assert driver.uuid.startswith("GPU-")
    assert driver.facts["gpu"]
    assert all(isinstance(value, str | int | float | bool | None) for value in driver.facts.values())


def test_time_passes_between_events_around_work(driver: CudaDriver) -> None:
    start, end = driver.event(), driver.event()
    start.record()
    torch.ones(1000, device=driver.device)
    end.record()
    end.synchronize()
    assert start.elapsed_time(end) > 0


def test_an_event_that_was_never_recorded_tells_no_time(driver: CudaDriver) -> None:
    start, end = driver.event(), driver.event()
    start.record()
    driver.synchronize()
    with pytest.raises((RuntimeError, ValueError)):
        start.elapsed_time(end)


def test_a_graph_computes_on_what_its_captured_input_holds_at_replay(driver: CudaDriver) -> None:
    images, outputs = torch.ones(3, device=driver.device), []
    graph = driver.capture(lambda: outputs.append(images * 2 + 1))
    images.fill_(5.0)
    graph.replay()
    driver.synchronize()
    assert outputs[-1].cpu().tolist() == [11.0, 11.0, 11.0]


def test_a_graph_knows_nothing_of_a_tensor_that_took_the_inputs_name(driver: CudaDriver) -> None:
    held, outputs = {"images": torch.ones(1, device=driver.device)}, []
    graph = driver.capture(lambda: outputs.append(held["images"] * 2))
    held["images"] = torch.full((1,), 5.0, device=driver.device)
    graph.replay()
    driver.synchronize()
    assert outputs[-1].item() == 2.0


def test_waiting_while_capturing_is_refused_and_leaves_the_driver_working(driver: CudaDriver) -> None:
    calls: list[int] = []

    def wait_when_captured() -> None:
        calls.append(1)
        if len(calls) == 4:
            driver.synchronize()

    with pytest.raises(RuntimeError, match="captur"):
        driver.capture(wait_when_captured)
    driver.synchronize()
    assert torch.ones(1, device=driver.device).item() == 1.0


def test_occupying_and_flushing_take_the_gpus_time(driver: CudaDriver) -> None:
    for work in (driver.occupy, driver.flush_l2):
        start, end = driver.event(), driver.event()
        start.record()
        work()
        end.record()
        end.synchronize()
        assert start.elapsed_time(end) > 0


def test_memory_can_be_released_while_a_tensor_holds_some(driver: CudaDriver) -> None:
    held = torch.ones(4, device=driver.device)
    driver.release_memory()
    assert held.sum().item() == 4.0
