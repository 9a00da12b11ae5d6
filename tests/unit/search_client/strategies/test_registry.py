import pytest

from latency_service.contract.errors import UnknownName
from search_client.strategies.proxyless_gradient import ProxylessGradient
from search_client.strategies.registry import make_strategy


def test_strategies_are_made_by_name() -> None:
    assert make_strategy("proxyless-gradient") == ProxylessGradient()
    with pytest.raises(UnknownName, match="proxyless-gradient"):
        make_strategy("darts")
