"""StepRig: one path of a supernet, and the plain network that it makes, ready to take every kind of step."""

from collections.abc import Callable, Sequence
from typing import get_args

import torch
from torch import nn

from search_client.compute import Compute
from search_client.latency.count_table import CountTable
from search_client.latency.expected import SupernetCost
from search_client.latency.losses.registry import make_loss
from search_client.latency.objective import CostTerm, Objective
from search_client.modules.derived import build_network
from search_client.modules.super_net import SuperNet
from search_client.spaces.space import SearchSpace
from search_client.strategies.gated_mixed_op import Gates
from search_client.strategies.proxyless_gradient import ProxylessGradient
from search_client.training.evaluation import weight_step

PLAIN, WEIGHTS = "plain network", "supernet, weights"

_LEARNING_RATE = 0.01
_CERTAIN, _SECOND = 40.0, 20.0


def arch_step_name(gates: Gates) -> str:
    """Return what an architecture step is called in the tables."""
    return f"supernet, architecture ({gates})"


STEP_NAMES = (PLAIN, WEIGHTS, *map(arch_step_name, get_args(Gates)))


class StepRig:
    """Takes single steps on one batch of noise.

    Args:
        space: What is searched.
        choices: The path that is active in every step, and of which the plain network is made.
        partners: The path whose ops a two-path step draws beside them.
        batch_size: Images a step.
        device: `cpu` or `cuda`.

    Attributes:
        steps: What takes one step of each kind, by STEP_NAMES.
    """

    def __init__(
        self, space: SearchSpace, choices: Sequence[int], partners: Sequence[int], batch_size: int, device: str
    ) -> None:
        self._space = space
        self._paths = choices, partners
        self._compute = Compute(device)
        generator = torch.Generator().manual_seed(1)
        images = torch.randn(batch_size, 3, space.resolution, space.resolution, generator=generator)
        self._batch = self._compute.on_device(
            (images, torch.randint(space.num_classes, (batch_size,), generator=generator))
        )
        self._criterion = nn.CrossEntropyLoss()
        plain = build_network(space.network(choices), torch.Generator().manual_seed(0))
        supernets = {gates: self._supernet(gates) for gates in get_args(Gates)}
        self.steps: dict[str, Callable[[], object]] = {
            PLAIN: self._weight_step(plain),
            WEIGHTS: self._weight_step(supernets["two-path"]),
            **{arch_step_name(gates): self._arch_step(supernet, gates) for gates, supernet in supernets.items()},
        }

    def _supernet(self, gates: Gates) -> SuperNet:
        """Return a supernet that is all but certain of the path, and then of its partners."""
        supernet = SuperNet(self._space, torch.Generator().manual_seed(0), ProxylessGradient(gates).make_mixed_op)
        supernet.set_path(self._paths[0])
        with torch.no_grad():
            for alpha, choice, partner in zip(supernet.arch_params(), *self._paths, strict=True):
                alpha[choice], alpha[partner] = _CERTAIN, _SECOND
        return supernet

    def _weight_step(self, module: nn.Module) -> Callable[[], object]:
        self._compute.place(module).train()
        params = module.weight_params() if isinstance(module, SuperNet) else module.parameters()
        optimizer = torch.optim.SGD(params, _LEARNING_RATE, momentum=0.9, nesterov=True)
        return lambda: weight_step(module, self._batch, self._criterion, optimizer, self._compute)

    def _arch_step(self, supernet: SuperNet, gates: Gates) -> Callable[[], object]:
        self._compute.place(supernet).train()
        strategy, generator = ProxylessGradient(gates), torch.Generator().manual_seed(2)
        cost = SupernetCost(self._space, CountTable("macs"))
        objective = Objective(self._criterion, [CostTerm("MACs", cost, 1.0, make_loss("relative", target=1.0))])
        optimizer = torch.optim.Adam(supernet.arch_params(), lr=1e-3, betas=(0.0, 0.999))
        return lambda: strategy.arch_step(
            supernet, *self._batch, objective, optimizer, generator, self._compute, progress=0.5
        )


def devices() -> tuple[str, ...]:
    """Return the CPU, and the GPU where there is one."""
    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
