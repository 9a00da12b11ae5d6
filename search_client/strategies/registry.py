"""The strategies by name; a new strategy is one file and one line here."""

from collections.abc import Callable, Mapping
from typing import Any

from search_client.registry import build
from search_client.strategies import proxyless_gradient, proxyless_reinforce, random_search
from search_client.strategies.base import Strategy

STRATEGIES: Mapping[str, Callable[..., Strategy]] = {
    proxyless_gradient.NAME: proxyless_gradient.ProxylessGradient,
    proxyless_reinforce.NAME: proxyless_reinforce.ProxylessReinforce,
    random_search.NAME: random_search.RandomSearch,
}


def make_strategy(name: str, **params: Any) -> Strategy:
    """Return a strategy by name.

    Raises:
        UnknownName: No strategy has that name; the message lists those there are.
        InvalidInput: The strategy takes no such parameter, or a parameter is out of range.
    """
    return build(STRATEGIES, name, "strategy", params)
