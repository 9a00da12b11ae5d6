"""The losses that weigh cross entropy against expected latency; a new loss is one class and one line in LOSSES."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.registry import build


class LatencyLoss(Protocol):
    """Makes one number of cross entropy and latency, and may adapt to what the search's steps lead to."""

    def __call__(self, ce: Tensor, expected_ms: Tensor) -> Tensor:
        """Return the loss of an architecture step, differentiable in both.

        Args:
            ce: Cross entropy, scalar.
            expected_ms: Expected latency of the supernet, scalar, milliseconds.
        """
        ...

    def observe(self, expected_ms: float, derived_ms: float) -> None:
        """Take note of where a step led to.

        Args:
            expected_ms: Expected latency over all paths, milliseconds.
            derived_ms: Latency of the network of the most probable ops, milliseconds.
        """
        ...

    def is_met(self, derived_ms: float) -> bool:
        """Say whether a search may end with a derived network of this latency, milliseconds."""
        ...

    def state_dict(self) -> dict[str, float]:
        """Return what a resumed search needs."""
        ...

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Take over what `state_dict` returned."""
        ...


class AdditiveLoss:
    """CE + weight * E[latency].

    Args:
        weight: lambda_2, per millisecond.

    Source: ProxylessNAS, arXiv:1812.00332, section 3.3, equation 6 (weight decay is left to the optimiser).
    """

    def __init__(self, weight: float) -> None:
        if weight < 0:
            raise InvalidInput(f"the latency's weight must not be negative, and is {weight}")
        self.weight = weight

    def __call__(self, ce: Tensor, expected_ms: Tensor) -> Tensor:
        """Return CE + weight * E."""
        return ce + self.weight * expected_ms

    def observe(self, expected_ms: float, derived_ms: float) -> None:
        """Do nothing: the weight is fixed."""

    def is_met(self, derived_ms: float) -> bool:
        """Say yes: there is no target."""
        return True

    def state_dict(self) -> dict[str, float]:
        """Return nothing: there is no state."""
        return {}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Do nothing: there is no state."""


class ConstrainedLoss:
    """CE + w * (E - T) / T, with w led so that the derived network comes to cost the target T.

    After each step, with the violation c = (D - T) / T of the network D that would be derived now:

        multiplier <- clamp(multiplier + dual_step * c),   w = clamp(multiplier + damping * c)

    which is the augmented Lagrangian of the constraint D = T: dual ascent in the multiplier, and a quadratic penalty
    whose slope damps the ascent's swing. w is negative below the target: a search that may spend more does spend it.

    D is watched, not the expected latency E, because D is what the search promises, and while the path probabilities
    are spread the two lie far apart. D moves in leaps; hence `is_met`: a search whose steps are used up goes on until
    it is met.

    Args:
        target_ms: T, milliseconds.
        dual_step: How fast the multiplier follows a lasting violation.
        damping: Weight for each unit of present violation.
        max_multiplier: Bound of the multiplier and of w, both ways.
        tolerance: Largest share of T by which D may miss it.

    Raises:
        InvalidInput: target_ms, dual_step, max_multiplier or tolerance is not positive, or damping is negative.

    Source: Nocedal, Wright, Numerical Optimization, section 17.3 (augmented Lagrangian).

    Tried, does not work. In simulated searches of 300 steps: watching E (ends up to 50 % off T), no damping (up to
    60 %), a falling learning rate of the alphas (no gain). In two real ones: the mean of E and D (they cancel out).
    """

    def __init__(
        self,
        target_ms: float,
        dual_step: float = 0.1,
        damping: float = 4.0,
        max_multiplier: float = 20.0,
        tolerance: float = 0.08,
    ) -> None:
        if min(target_ms, dual_step, max_multiplier, tolerance) <= 0 or damping < 0:
            raise InvalidInput(
                "target_ms, dual_step, max_multiplier and tolerance must be positive and damping not negative; got "
                f"{target_ms}, {dual_step}, {max_multiplier}, {tolerance} and {damping}"
            )
        self.target_ms = target_ms
        self.dual_step = dual_step
        self.damping = damping
        self.max_multiplier = max_multiplier
        self.tolerance = tolerance
        self.multiplier = 0.0
        self.violation = 0.0

    @property
    def weight(self) -> float:
        """W: how much a relative change of the latency counts against the same change of the cross entropy."""
        return self._clamp(self.multiplier + self.damping * self.violation)

    def __call__(self, ce: Tensor, expected_ms: Tensor) -> Tensor:
        """Return CE + w * (E - T) / T."""
        return ce + self.weight * (expected_ms - self.target_ms) / self.target_ms

    def observe(self, expected_ms: float, derived_ms: float) -> None:
        """Let the multiplier follow the derived network's violation."""
        self.violation = self._violation_of(derived_ms)
        self.multiplier = self._clamp(self.multiplier + self.dual_step * self.violation)

    def is_met(self, derived_ms: float) -> bool:
        """Say whether the derived network costs the target, within the tolerance."""
        return abs(self._violation_of(derived_ms)) <= self.tolerance

    def state_dict(self) -> dict[str, float]:
        """Return the multiplier and the last violation."""
        return {"multiplier": self.multiplier, "violation": self.violation}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Take over what `state_dict` returned."""
        self.multiplier = state["multiplier"]
        self.violation = state["violation"]

    def _violation_of(self, latency_ms: float) -> float:
        return (latency_ms - self.target_ms) / self.target_ms

    def _clamp(self, weight: float) -> float:
        return max(-self.max_multiplier, min(self.max_multiplier, weight))


LOSSES: Mapping[str, Callable[..., LatencyLoss]] = {"additive": AdditiveLoss, "constrained": ConstrainedLoss}


def make_loss(name: str, **params: Any) -> LatencyLoss:
    """Return a latency loss by name.

    Raises:
        UnknownName: No loss has that name; the message lists those there are.
        InvalidInput: The loss takes no such parameter, or a parameter is out of range.
    """
    return build(LOSSES, name, "latency loss", params)
