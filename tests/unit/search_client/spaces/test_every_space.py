"""What holds for every space, whatever its parameters: all that comes of a space comes from the same data."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from latency_service.contract.keys import format_key, parse_key
from latency_service.contract.ops import OpSpec, Skippable, Zero
from search_client.modules import blocks
from search_client.modules.super_net import SuperNet
from search_client.spaces.registry import SPACES, make_space
from search_client.spaces.space import SearchSpace


@st.composite
def spaces(draw: st.DrawFn) -> SearchSpace:
    """Draw any space with any parameters that it takes."""
    params: dict[str, Any] = {
        "width_mult": draw(st.floats(0.1, 2)),
        "resolution": draw(st.integers(20, 256)),
        "num_classes": draw(st.integers(2, 1000)),
    }
    name = draw(st.sampled_from(sorted(SPACES)))
    if name == "proxyless-imagenet":
        params["stage_widths"] = tuple(draw(st.lists(st.integers(8, 400), min_size=6, max_size=6)))
    return make_space(name, **params)


@st.composite
def spaces_with_choices(draw: st.DrawFn) -> tuple[SearchSpace, tuple[int, ...]]:
    """Draw a space and one of its networks."""
    space = draw(spaces())
    return space, tuple(draw(st.integers(0, len(block.candidates) - 1)) for block in space.blocks)


@contextmanager
def recorded_ops() -> Iterator[set[OpSpec]]:
    """Inside, every op that is built as a torch module is noted, and a stand-in takes the module's place."""
    built: set[OpSpec] = set()

    def record(op: OpSpec) -> nn.Module:
        built.add(op)
        return nn.Identity()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_BUILDERS", defaultdict(lambda: record))
        yield built


def counted_macs(module: nn.Module, images: Tensor) -> int:
    """Return the multiply-accumulates for one image of all convolutions and linear layers, counted while they run."""
    counts: list[int] = []

    def count(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        counts.append(output[0].numel() * layer.weight[0].numel())

    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    module(images)
    return sum(counts)


@given(space=spaces())
@settings(max_examples=40, deadline=None)
def test_a_profile_asks_for_every_op_that_a_supernet_holds_and_for_no_other(space: SearchSpace) -> None:
    with recorded_ops() as built:
        SuperNet(space, torch.Generator())
    assert {op for op in built if not isinstance(op, Zero)} == set(space.ops())


@given(drawn=spaces_with_choices())
@settings(max_examples=40, deadline=None)
def test_a_derived_network_is_made_of_profiled_ops_alone(drawn: tuple[SearchSpace, tuple[int, ...]]) -> None:
    space, choices = drawn
    assert set(space.network(choices).ops) <= set(space.ops())


@given(drawn=spaces_with_choices())
@settings(max_examples=15, deadline=None)
def test_the_counts_of_a_network_are_those_of_its_torch_module(drawn: tuple[SearchSpace, tuple[int, ...]]) -> None:
    space, choices = drawn
    network = space.network(choices)
    with torch.device("meta"):
        module = nn.Sequential(*map(blocks.build_op, network.ops))
        macs = counted_macs(module, torch.empty(2, 3, space.resolution, space.resolution))
    assert macs == network.macs
    assert sum(param.numel() for param in module.parameters()) == network.parameters


@given(space=spaces())
@settings(max_examples=25, deadline=None)
def test_every_op_travels_by_its_key(space: SearchSpace) -> None:
    assert all(parse_key(format_key(op)) == op for op in space.ops())


@pytest.mark.parametrize("name", SPACES)
def test_every_block_that_keeps_its_shape_can_be_passed_over_by_its_skip(name: str) -> None:
    for block in make_space(name).blocks:
        keeps_shape = block.candidates[0].input_shape == block.output_shape
        skips = [op for op in block.candidates if isinstance(op, Skippable) and op.has_skip]
        free = [op for op in block.candidates if not op.macs and not isinstance(op, Skippable)]
        assert bool(skips) == bool(free) == keeps_shape
