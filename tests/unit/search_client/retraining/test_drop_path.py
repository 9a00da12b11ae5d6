import pytest
import torch

from search_client.modules.blocks import SkippableModule
from search_client.modules.derived import build_network
from search_client.retraining.drop_path import DropPath, insert_drop_path, set_rate
from tests.unit.search_client.retraining.small_retraining import small_architecture


def dropping(rate: float) -> DropPath:
    drop_path = DropPath(torch.Generator().manual_seed(0))
    drop_path.rate = rate
    return drop_path


def test_each_image_is_dropped_whole_or_enlarged_so_that_the_mean_stays() -> None:
    branch = torch.full((20_000, 2, 1, 1), 3.0)
    dropped = dropping(0.25)(branch)
    assert torch.equal(dropped[:, 0], dropped[:, 1])
    assert sorted(set(dropped.flatten().tolist())) == pytest.approx([0.0, 4.0])
    standard_error = 4.0 * (0.25 * 0.75 / len(branch)) ** 0.5
    assert float(dropped[:, 0].mean()) == pytest.approx(3.0, abs=4 * standard_error)


def test_its_gradient_reaches_the_kept_images_alone() -> None:
    branch = torch.ones(50, 1, 1, 1, requires_grad=True)
    dropped = dropping(0.5)(branch)
    dropped.sum().backward()
    assert branch.grad is not None
    assert torch.equal(branch.grad, dropped.detach())


def test_in_evaluation_nothing_is_dropped() -> None:
    branch = torch.ones(50, 1, 1, 1)
    assert torch.equal(dropping(0.9).eval()(branch), branch)


def test_only_branches_beside_a_skip_get_one_and_no_name_of_the_state_changes() -> None:
    module = build_network(small_architecture().network(), torch.Generator())
    names = list(module.state_dict())
    inserted = insert_drop_path(module, torch.Generator())
    assert list(module.state_dict()) == names
    blocks = [block for block in module.modules() if isinstance(block, SkippableModule)]
    holds = [any(isinstance(layer, DropPath) for layer in block.layers) for block in blocks]
    assert holds == [block.has_skip for block in blocks]
    assert 0 < len(inserted) == sum(holds) < len(blocks)


def test_a_dropped_branch_leaves_the_skip() -> None:
    module = build_network(small_architecture().network(), torch.Generator().manual_seed(0))
    (first, *_) = insert_drop_path(module, torch.Generator().manual_seed(0))
    first.rate = 1 - 1e-9
    block = next(block for block in module if isinstance(block, SkippableModule) and block.has_skip)
    channels = next(iter(block.layers.parameters())).shape[1]
    images = torch.randn(4, channels, 8, 8)
    assert torch.equal(block(images), images)


def test_the_rate_grows_in_a_line_with_the_step() -> None:
    drop_paths = [dropping(0.0), dropping(0.0)]
    rates = []
    for step in (0, 5, 10):
        set_rate(drop_paths, 0.4, step, total_steps=10)
        rates.append([drop_path.rate for drop_path in drop_paths])
    assert rates == [[0.0, 0.0], [0.2, 0.2], [0.4, 0.4]]
