"""ExploringStrategy: what strategies have in common whose alphas learn."""

from collections.abc import Mapping
from typing import Any

import torch

from search_client.architecture import Architecture
from search_client.derivation import Derivation
from search_client.latency.objective import Objective
from search_client.modules.super_net import Path, SuperNet
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import Exploration


class ExploringStrategy:
    """Paths by the path probabilities, kept undecided as asked, and the network that they speak for in the end.

    Args:
        exploration: How undecided.
    """

    def __init__(self, exploration: Exploration) -> None:
        self.exploration = exploration

    def draw_path(self, supernet: SuperNet, generator: torch.Generator, progress: float | None) -> None:
        """Make the path active that the next weight step trains; see `Strategy.draw_path`."""
        self.exploration.draw_path(supernet, generator, progress)

    def require_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Return: any optimiser will do."""

    def leading_path(self, supernet: SuperNet) -> Path:
        """Return each block's most probable op."""
        return supernet.most_probable_path()

    def derive(self, supernet: SuperNet, derivation: Derivation) -> Architecture:
        """Return the network that the path probabilities speak for."""
        return Architecture.of(supernet.space, derivation(supernet.path_probs()))

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs."""
        return {"exploration": self.exploration.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.exploration.load_state_dict(state["exploration"])


def observed(supernet: SuperNet, objective: Objective, ce: float, loss: float) -> ArchStep:
    """Let the objective see where a step led to, and return what the step saw."""
    path_probs, path = supernet.path_probs(), supernet.most_probable_path()
    objective.observe(path_probs, path)
    return ArchStep(ce, loss, objective.expected(path_probs), objective.costs(path))
