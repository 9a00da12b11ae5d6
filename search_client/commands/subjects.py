"""The network or space that a command is about."""

from pathlib import Path
from typing import Any

from latency_service.contract.errors import InvalidInput
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec
from search_client.architecture import Architecture
from search_client.commands import options
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace


def read_network(architecture: Path | None, network: str | None, resolution: int) -> NetworkSpec:
    """Return the network of an architecture file or of a known name.

    Raises:
        InvalidInput: Not exactly one of the two was given, or the file holds no architecture.
    """
    if architecture is not None and network is None:
        return Architecture.from_json(architecture.read_bytes()).network()
    if network is not None and architecture is None:
        return named_network(network, resolution=resolution)
    raise InvalidInput("give exactly one of --architecture and --network")


def read_space(name: str | None, params: list[str] | None, architecture: object, network: object) -> SearchSpace | None:
    """Return the space that is meant; None where it is a network that `read_network` reads.

    Raises:
        InvalidInput: Not exactly one of space, architecture file and known network was given, or no space is so.
    """
    if [name, architecture, network].count(None) != 2:
        raise InvalidInput("give exactly one of --space, --architecture and --network")
    if name is None:
        if params:
            raise InvalidInput("--space-param belongs to --space")
        return None
    return build_space(name, options.parse_assignments(params))


def build_space(name: str, params: dict[str, Any]) -> SearchSpace:
    """Return a space from what was typed; JSON's lists become tuples."""
    return make_space(
        name, **{key: tuple(value) if isinstance(value, list) else value for key, value in params.items()}
    )
