"""What one rank alone can show; tests/unit/search_client/test_distributed.py has two."""

import pytest
import torch
from torch import nn

from search_client.distributed import ALONE
from search_client.modules.batch_norm import frozen_statistics
from search_client.modules.synced_batch_norm import SyncedBatchNorm2d, synchronise


def images(seed: int) -> torch.Tensor:
    return torch.randn(6, 5, 3, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3 + 1


def pair(momentum: float | None = 0.1) -> tuple[nn.BatchNorm2d, SyncedBatchNorm2d]:
    plain = nn.BatchNorm2d(5, eps=1e-3, momentum=momentum).double()
    nn.init.uniform_(plain.weight)
    nn.init.uniform_(plain.bias)
    return plain, SyncedBatchNorm2d(plain, ALONE)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_alone_it_computes_learns_and_records_as_a_batch_norm_does(momentum: float | None) -> None:
    plain, synced = pair(momentum)
    for seed in range(3):
        x = images(seed)
        one, other = (layer(x) for layer in (plain, synced))
        torch.testing.assert_close(one, other)
        gradients = [
            torch.autograd.grad((y**3).sum(), list(layer.parameters())) for layer, y in ((plain, one), (synced, other))
        ]
        torch.testing.assert_close(*gradients)
    torch.testing.assert_close(dict(plain.state_dict()), dict(synced.state_dict()))
    torch.testing.assert_close(plain.eval()(images(9)), synced.eval()(images(9)))


def test_the_gradient_of_its_input_is_right() -> None:
    _, synced = pair()
    with frozen_statistics(synced):
        assert torch.autograd.gradcheck(synced, (images(0)[:2, :, :2, :2].requires_grad_(),))


def test_frozen_statistics_hold_for_it_too() -> None:
    _, synced = pair()
    before = {name: tensor.clone() for name, tensor in synced.state_dict().items()}
    with frozen_statistics(synced):
        synced(images(0))
    torch.testing.assert_close(dict(synced.state_dict()), before, rtol=0, atol=0)


def test_every_batch_norm_of_a_module_is_replaced_under_its_name() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()))
    before = module.state_dict()
    synchronise(module, ALONE)
    assert sum(isinstance(layer, SyncedBatchNorm2d) for layer in module.modules()) == 2
    torch.testing.assert_close(dict(module.state_dict()), dict(before), rtol=0, atol=0)


def test_it_stands_where_the_layer_stood() -> None:
    module = nn.Sequential(nn.BatchNorm2d(4, device="meta"))
    synchronise(module, ALONE)
    assert {tensor.device.type for tensor in module.state_dict().values()} == {"meta"}
