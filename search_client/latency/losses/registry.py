"""The latency losses by name; a new loss is one file and one line here."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from search_client.latency.losses import additive, constrained, log_ratio, power, relative
from search_client.latency.losses.base import LatencyLoss
from search_client.registry import build, pick

LOSSES: Mapping[str, Callable[..., LatencyLoss]] = {
    additive.NAME: additive.AdditiveLoss,
    relative.NAME: relative.RelativeLoss,
    power.NAME: power.PowerLoss,
    log_ratio.NAME: log_ratio.LogRatioLoss,
    constrained.NAME: constrained.ConstrainedLoss,
}


def make_loss(name: str, target: float, **params: Any) -> LatencyLoss:
    """Return a latency loss by name.

    Args:
        name: One of LOSSES.
        target: What a loss that aims at a cost aims at; the others do without.
        params: The loss's own.

    Raises:
        UnknownName: No loss has that name; the message lists those there are.
        InvalidInput: The loss takes no such parameter, or a parameter is out of range.
    """
    aims = "target" in inspect.signature(pick(LOSSES, name, "latency loss")).parameters
    return build(LOSSES, name, "latency loss", {"target": target, **params} if aims else params)
