"""Random search with shared weights: the rival that a search has to beat.

Source: Li, Talwalkar, "Random search and reproducibility for neural architecture search", arXiv:1902.07638, section 3.
Departures: networks are drawn while the weights still train, for the same steps are to be spent that another strategy
spends; and all of them keep the targets, as what the other strategies derive does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.architecture import Architecture
from search_client.compute import Compute
from search_client.derivation import Derivation
from search_client.latency.objective import Objective
from search_client.modules.mixed_op import MixedOp
from search_client.modules.super_net import Path, SuperNet
from search_client.spaces.space import Block
from search_client.strategies.base import ArchStep
from search_client.strategies.exploration import Exploration, FairPhases
from search_client.strategies.feasible_paths import FeasiblePaths
from search_client.strategies.judging import judge

NAME = "random"


@dataclass(frozen=True)
class Contender:
    """One network and what is known of it.

    Attributes:
        batches: How many batches it was judged on; earlier ones, with other weights, count less.
        gain: By how much its cross entropy was below that of networks drawn at random, summed over these batches.
    """

    path: Path
    batches: float = 0.0
    gain: float = 0.0

    def after(self, gain: float, memory: float) -> "Contender":
        """Return what is known after one more batch."""
        return Contender(self.path, memory * self.batches + 1.0, memory * self.gain + gain)

    @property
    def worth(self) -> float:
        """Mean gain, as if there had been one more batch without any: one lucky batch is not enough."""
        return self.gain / (self.batches + 1.0)


class RandomSearch:
    """Alphas rest; each step judges fresh networks beside the best ones so far, on the same batch.

    Args:
        fresh: Networks drawn at each step, uniformly among those that keep the targets; their mean cross entropy is
            what all are measured against.
        kept: How many of the best go on to the next step.
        memory: What a batch's weight is multiplied with at each further one, from 0 to 1.
        fair_sampling: See Exploration; else the weights train on uniform paths.

    Raises:
        InvalidInput: A number is out of its range.
    """

    def __init__(
        self, fresh: int = 5, kept: int = 5, memory: float = 0.95, fair_sampling: FairPhases = "never"
    ) -> None:
        if fresh < 2 or kept < 1 or not 0 <= memory <= 1:
            raise InvalidInput(
                f"fresh must be at least 2, kept at least 1 and memory from 0 to 1; got {fresh}, {kept} and {memory}"
            )
        self.fresh = fresh
        self.kept = kept
        self.memory = memory
        self.contenders: list[Contender] = []
        self._exploration = Exploration(fair_sampling=fair_sampling)
        self._feasible: tuple[Objective, FeasiblePaths] | None = None

    def make_mixed_op(self, block: Block) -> MixedOp:
        """Return the module of one block."""
        return MixedOp(block)

    def draw_path(self, supernet: SuperNet, generator: torch.Generator, progress: float | None) -> None:
        """Make a path active, every one alike; see `Strategy.draw_path`."""
        if progress is None or self._exploration.fair_sampling == "always":
            self._exploration.draw_path(supernet, generator, progress)
        else:
            supernet.sample_uniform_path(generator)

    def arch_step(
        self,
        supernet: SuperNet,
        images: Tensor,
        labels: Tensor,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        compute: Compute | None = None,
        progress: float = 1.0,
    ) -> ArchStep:
        """Judge networks on one batch; alphas and optimiser stay as they are. See `Strategy.arch_step`.

        Raises:
            NothingFits: No network keeps all targets.
        """
        compute = compute or Compute()
        drawn = self._feasible_paths(objective).draw(self.fresh, generator)
        known = {contender.path for contender in self.contenders}
        judged = self.contenders + [Contender(path) for path in dict.fromkeys(drawn) if path not in known]
        paths = [contender.path for contender in judged]
        judgements = judge(supernet, paths, images, labels, objective.ce_loss, compute)
        ces = {path: judgement.ce for path, judgement in zip(paths, judgements, strict=True)}
        self.contenders = self._best_of(judged, ces, sum(ces[path] for path in drawn) / len(drawn))
        best = self.leading_path(supernet)
        loss = objective.loss_of(ces[best], best, best)
        return ArchStep(ces[best], loss, objective.expected(supernet.path_probs()), objective.costs(best))

    def require_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Return: no optimiser is used."""

    def leading_path(self, supernet: SuperNet) -> Path:
        """Return the best network that was judged; before any was, each block's most probable op."""
        return self.contenders[0].path if self.contenders else supernet.most_probable_path()

    def derive(self, supernet: SuperNet, derivation: Derivation) -> Architecture:
        """Return the best network that was judged; before any was, the one that the derivation would build."""
        path = self.contenders[0].path if self.contenders else derivation(supernet.path_probs())
        return Architecture.of(supernet.space, path)

    def state_dict(self) -> dict[str, Any]:
        """Return the contenders, the best first, and what draws the paths."""
        contenders = [[list(each.path), each.batches, each.gain] for each in self.contenders]
        return {"contenders": contenders, "exploration": self._exploration.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.contenders = [Contender(tuple(path), batches, gain) for path, batches, gain in state["contenders"]]
        self._exploration.load_state_dict(state["exploration"])

    def _feasible_paths(self, objective: Objective) -> FeasiblePaths:
        if self._feasible is None or self._feasible[0] is not objective:
            self._feasible = objective, FeasiblePaths(objective)
        return self._feasible[1]

    def _best_of(self, judged: Sequence[Contender], ces: Mapping[Path, float], usual_ce: float) -> list[Contender]:
        told = [contender.after(usual_ce - ces[contender.path], self.memory) for contender in judged]
        return sorted(told, key=lambda contender: contender.worth, reverse=True)[: self.kept]
