"""`search-client spaces` and `search-client networks`: what there is, by name."""

from rich.console import Console
from rich.table import Table

from latency_service.contract.named_networks import named_network, network_names
from search_client.spaces.registry import SPACES


def spaces() -> None:
    """List the search spaces."""
    table = Table("space", "searched blocks", "networks", "ops to measure")
    for name, make in SPACES.items():
        space = make()
        table.add_row(name, str(len(space.blocks)), f"{space.size:.3g}", str(len(space.ops())))
    Console().print(table)


def networks() -> None:
    """List the networks that are known by name."""
    table = Table("network", "MACs at 224", "parameters")
    for name in network_names():
        network = named_network(name)
        table.add_row(name, f"{network.macs / 1e6:.2f} M", f"{network.parameters:,}")
    Console().print(table)
