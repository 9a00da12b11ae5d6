"""`constrained`: the weight of the latency is led so that the derived network comes to cost its target."""

from collections.abc import Mapping
from typing import Literal

from torch import Tensor

from latency_service.contract.errors import InvalidInput

NAME = "constrained"

Bound = Literal["equal", "at-most"]


class ConstrainedLoss:
    """CE + w * (E - T) / T, with w led so that the derived network comes to cost the target T.

    After each step, with the violation c = (D - T) / T of the network D that would be derived now:

        multiplier <- clamp(multiplier + dual_step * c),   w = clamp(multiplier + damping * c)

    which is the augmented Lagrangian of the constraint D = T: dual ascent in the multiplier, and a quadratic penalty
    whose slope damps the ascent's swing. w is negative below the target: a search that may spend more does spend it.

    D is that of the most probable ops. It is watched, not the expected latency E, because D is what the search
    promises, and while the path probabilities are spread the two lie far apart. D moves in leaps; hence `is_met`: a
    search whose steps are used up goes on until it is met, and hence the budgeted derivation, which spends the target
    to within the tolerance wherever the control has brought D.

    With the bound `at-most` D is to be no more than T, and w is never negative: cross entropy alone pulls D up. It is
    for several costs at once, which cannot all be equal to their targets.

    Args:
        target: T.
        dual_step: How fast the multiplier follows a lasting violation.
        damping: Weight for each unit of present violation.
        max_multiplier: Bound of the multiplier and of w, both ways.
        tolerance: Largest share of T by which D may miss it; with `at-most`, exceed it.
        bound: Whether the derived network is to cost T, or T at most.

    Raises:
        InvalidInput: target, dual_step, max_multiplier or tolerance is not positive, or damping is negative.

    Source: Nocedal, Wright, Numerical Optimization, section 17.3 (augmented Lagrangian).

    Tried, does not work. In simulated searches of 300 steps: watching E (ends up to 50 % off T), no damping (up to
    60 %), a falling learning rate of the alphas (no gain). In two real ones: the mean of E and D (they cancel out).
    """

    def __init__(
        self,
        target: float,
        dual_step: float = 0.1,
        damping: float = 4.0,
        max_multiplier: float = 20.0,
        tolerance: float = 0.02,
        bound: Bound = "equal",
    ) -> None:
        if min(target, dual_step, max_multiplier, tolerance) <= 0 or damping < 0:
            raise InvalidInput(
                "target, dual_step, max_multiplier and tolerance must be positive and damping not negative; got "
                f"{target}, {dual_step}, {max_multiplier}, {tolerance} and {damping}"
            )
        self.target = target
        self.dual_step = dual_step
        self.damping = damping
        self.max_multiplier = max_multiplier
        self.tolerance = tolerance
        self.bound = bound
        self.multiplier = 0.0
        self.violation = 0.0

    @property
    def weight(self) -> float:
        """W: how much a relative change of the latency counts against the same change of the cross entropy."""
        return self._clamp(self.multiplier + self.damping * self.violation)

    def __call__(self, ce: Tensor, expected: Tensor) -> Tensor:
        """Return CE + w * (E - T) / T."""
        return ce + self.weight * (expected - self.target) / self.target

    def observe(self, expected: float, derived: float) -> None:
        """Let the multiplier follow the derived network's violation."""
        self.violation = self._violation_of(derived)
        self.multiplier = self._clamp(self.multiplier + self.dual_step * self.violation)

    def is_met(self, derived: float) -> bool:
        """Say whether the derived network costs the target, within the tolerance."""
        violation = self._violation_of(derived)
        return violation <= self.tolerance and (self.bound == "at-most" or violation >= -self.tolerance)

    @property
    def least_share(self) -> float:
        """Share of the target that a derived network should at least cost: what is left unspent is accuracy lost."""
        return max(0.0, 1.0 - self.tolerance) if self.bound == "equal" else 0.0

    def state_dict(self) -> dict[str, float]:
        """Return the multiplier and the last violation."""
        return {"multiplier": self.multiplier, "violation": self.violation}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Take over what `state_dict` returned."""
        self.multiplier = state["multiplier"]
        self.violation = state["violation"]

    def _violation_of(self, latency: float) -> float:
        return (latency - self.target) / self.target

    def _clamp(self, weight: float) -> float:
        lowest = -self.max_multiplier if self.bound == "equal" else 0.0
        return max(lowest, min(self.max_multiplier, weight))
