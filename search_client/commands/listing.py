"""`search-client spaces`, `networks` and `data-sets`: what there is, by name."""

from rich.console import Console
from rich.table import Table

from latency_service.contract.named_networks import named_network, network_names
from search_client.commands import options
from search_client.data.registry import data_set_entry, data_set_names
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


def data_sets(cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR) -> None:
    """List the data sets: which are here, and what to put where for the others."""
    table = Table("data set", "here", "what it is", title=f"each in the folder of its name in {cache_dir}")
    for name in data_set_names():
        entry = data_set_entry(name)
        table.add_row(name, "yes" if entry.is_here(cache_dir) else "no", entry.about)
    Console().print(table)
