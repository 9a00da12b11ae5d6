"""Exploration: what gives a path that looks poor early its chance, while the weights are young.

A temperature spreads the paths that weights train on, a floor of the entropy keeps the alphas from deciding early, and
fair sampling trains every candidate alike. All three are options; the first two fade out towards the search's end.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from scipy.optimize import brentq
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.modules.super_net import SuperNet
from search_client.strategies.fair_paths import FairPaths

#: In which phases the weights' paths are drawn fairly.
FairPhases = Literal["never", "warm-up", "always"]


class Exploration:
    """Which path each weight step trains, and how undecided the path probabilities stay.

    Args:
        temperature: What alpha is divided by before the softmax when the search begins; it falls geometrically, to 1 at
            the search's end. At least 1.
        entropy_floor: Least entropy of a block's path probabilities when the search begins, as a share of the largest
            possible; it falls linearly, to 0 at the search's end. From 0 to below 1.
        fair_sampling: When every candidate of a block is trained equally often; else paths are drawn uniformly in the
            warm-up and by the path probabilities in the search.

    Raises:
        InvalidInput: A number is out of its range.
    """

    def __init__(
        self, temperature: float = 1.0, entropy_floor: float = 0.0, fair_sampling: FairPhases = "never"
    ) -> None:
        if not 1 <= temperature < math.inf or not 0 <= entropy_floor < 1:
            raise InvalidInput(
                "temperature must be at least 1 and entropy_floor at least 0 and below 1; got "
                f"{temperature} and {entropy_floor}"
            )
        self.temperature = temperature
        self.entropy_floor = entropy_floor
        self.fair_sampling = fair_sampling
        self._fair_paths = FairPaths()

    def draw_path(self, supernet: SuperNet, generator: torch.Generator, progress: float | None) -> None:
        """Make the path active that the next weight step trains; see `Strategy.draw_path`."""
        if progress is not None:
            self.set_temperature(supernet, progress)
        if self.fair_sampling == "always" or (self.fair_sampling == "warm-up" and progress is None):
            self._fair_paths.draw(supernet, generator)
        elif progress is None:
            supernet.sample_uniform_path(generator)
        else:
            supernet.sample_path(generator)

    def set_temperature(self, supernet: SuperNet, progress: float) -> None:
        """Give all blocks the temperature that belongs to the share of the search that is done, 0 to 1."""
        for mixed_op in supernet.mixed_ops:
            mixed_op.temperature = self.temperature ** (1.0 - progress)

    @torch.no_grad()
    def keep_floor(self, supernet: SuperNet, progress: float) -> None:
        """Shrink the alphas of each block whose entropy is below the floor; no candidate overtakes another by it."""
        floor = self.entropy_floor * (1.0 - progress)
        if floor == 0:
            return
        for mixed_op in supernet.mixed_ops:
            mixed_op.alpha.mul_(shrinkage(mixed_op.logits(), floor))

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed search needs."""
        return {"fair_paths": self._fair_paths.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self._fair_paths.load_state_dict(state["fair_paths"])


def entropy_share(path_probs: Tensor) -> float:
    """Return the entropy of one block's path probabilities, shape (num_candidates,), as share of the largest possible.

    Returns:
        1 where all candidates are alike, 0 where one is certain.
    """
    return float(torch.special.entr(path_probs.detach()).sum()) / math.log(len(path_probs))


def shrinkage(logits: Tensor, floor: float) -> float:
    """Return the largest factor, up to 1, with which the logits' softmax has the entropy that it shall at least have.

    Args:
        logits: Shape (num_candidates,).
        floor: A share of the largest possible entropy, 0 to below 1.
    """
    wide = logits.detach().cpu().double()

    def surplus(factor: float) -> float:
        return entropy_share(torch.softmax(factor * wide, dim=0)) - floor

    if surplus(1.0) >= 0:
        return 1.0
    return float(brentq(surplus, 0.0, 1.0, xtol=1e-12))
