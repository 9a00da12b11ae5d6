"""`search-client spaces`, `networks`, `losses`, `strategies` and `data-sets`: what there is, by name."""

import inspect
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from latency_service.contract.named_networks import named_network, network_names
from search_client.commands import options
from search_client.data.registry import data_set_entry, data_set_names
from search_client.latency.losses.registry import LOSSES
from search_client.spaces.registry import SPACES
from search_client.strategies.registry import STRATEGIES


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


def losses() -> None:
    """List what can make one loss of cross entropy and a cost, and the `loss_params` of each."""
    Console().print(_settings_table("loss", LOSSES, without=("target",)))


def strategies() -> None:
    """List the strategies, and the `strategy_params` of each."""
    Console().print(_settings_table("strategy", STRATEGIES))


def _settings_table(noun: str, known: Mapping[str, Callable[..., object]], without: Sequence[str] = ()) -> Table:
    table = Table(noun, "what it is", "parameters")
    for name, make in known.items():
        about = (inspect.getdoc(make) or "").partition("\n")[0]
        given = [each for each in inspect.signature(make).parameters.values() if each.name not in without]
        table.add_row(name, Text(about), Text(", ".join(map(_shown, given))))
    return table


def _shown(parameter: inspect.Parameter) -> str:
    return parameter.name if parameter.default is inspect.Parameter.empty else f"{parameter.name}={parameter.default}"


def data_sets(cache_dir: options.CacheDir = options.DEFAULT_CACHE_DIR) -> None:
    """List the data sets: which are here, and what to put where for the others."""
    table = Table("data set", "here", "what it is", title=f"each in the folder of its name in {cache_dir}")
    for name in data_set_names():
        entry = data_set_entry(name)
        table.add_row(name, "yes" if entry.is_here(cache_dir) else "no", entry.about)
    Console().print(table)
