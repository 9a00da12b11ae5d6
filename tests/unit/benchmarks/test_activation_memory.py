from functools import partial

import torch

from benchmarks.activation_memory import Held, saved_bytes, space_of
from benchmarks.step_rig import PLAIN, STEP_NAMES, StepRig
from search_client.modules.mixed_op import MixedOp
from tests.unit.search_client.small_space import small_space


def test_what_is_saved_is_counted_once_and_without_weights() -> None:
    weight = torch.nn.Parameter(torch.ones(10))
    x = torch.ones(1000, 10, requires_grad=True)

    def step() -> None:
        y = (x * weight).exp()  # saves x, the weight and its own output
        torch.autograd.backward((y * y).sum())  # saves that output twice more

    assert saved_bytes(step) == 2 * 1000 * 10 * 4


def test_a_step_that_runs_all_candidates_is_seen_to_grow() -> None:
    mixed_op, x = MixedOp(small_space().blocks[1]), torch.randn(2, 6, 4, 4)

    def step(count: int) -> None:
        outputs = [op(x) for op in list(mixed_op.ops)[:count]]
        torch.autograd.backward(torch.stack(outputs).sum())

    of_counts = [saved_bytes(partial(step, count)) for count in (1, 2, 4)]
    assert of_counts[1] > 1.5 * of_counts[0]
    assert of_counts[2] > 1.5 * of_counts[1]
    assert Held("cpu", {"step": dict(enumerate(of_counts))}).growth("step") > 1


def test_the_first_candidates_are_the_same_however_many_there_are() -> None:
    few, many = space_of(2), space_of(12)
    for one, other in zip(few.blocks, many.blocks, strict=True):
        assert one.candidates == other.candidates[:2]
        assert len(other.candidates) == 12


def test_every_kind_of_step_can_be_taken_and_an_architecture_step_holds_one_path() -> None:
    space = small_space()
    rig = StepRig(space, [0, 0, 0], [1, 1, 1], batch_size=2, device="cpu")
    assert tuple(rig.steps) == STEP_NAMES
    held = {name: saved_bytes(step) for name, step in rig.steps.items()}
    assert max(held.values()) < 1.1 * held[PLAIN]
