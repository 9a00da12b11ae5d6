from collections.abc import Mapping
from typing import Any

import pytest

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.strategies.proxyless_gradient import ProxylessGradient
from search_client.strategies.registry import STRATEGIES, make_strategy


def test_strategies_are_made_by_name_and_take_their_parameters() -> None:
    strategy = make_strategy("proxyless-gradient", gates="full", entropy_floor=0.3)
    assert isinstance(strategy, ProxylessGradient)
    assert (strategy.gates, strategy.exploration.entropy_floor) == ("full", 0.3)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="proxyless-gradient, proxyless-reinforce, random"):
        make_strategy("darts")


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("proxyless-gradient", {"gates": "three-path"}),
        ("proxyless-gradient", {"temperature": 0.5}),
        ("proxyless-gradient", {"entropy_floor": 1.0}),
        ("proxyless-gradient", {"fair_sampling": "often"}),
        ("proxyless-reinforce", {"networks": 1}),
        ("proxyless-reinforce", {"reward": "speed"}),
        ("proxyless-reinforce", {"exponent": -0.1}),
        ("proxyless-reinforce", {"baseline_decay": 1.0}),
        ("proxyless-reinforce", {"entropy_weight": -1.0}),
        ("random", {"fresh": 1}),
        ("random", {"kept": 0}),
        ("random", {"memory": 1.5}),
        ("random", {"temperature": 2.0}),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_its_name(name: str, params: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(params))):
        make_strategy(name, **params)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_fresh_strategy_takes_over_anothers_state(name: str) -> None:
    state = make_strategy(name).state_dict()
    fresh = make_strategy(name)
    fresh.load_state_dict(state)
    assert fresh.state_dict() == state
