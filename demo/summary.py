"""What the demo leaves behind: result.json, and one table for the terminal."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo.story import RUNTIME, Found
from demo.this_machine import DEVICE
from search_client.latency.wording import stated_error


def write_result(path: Path, found: Found, seconds: float) -> dict[str, Any]:
    """Write result.json and return what is in it."""
    result = {
        "device": DEVICE,
        "runtime": RUNTIME,
        "data_set": next(iter(found.searches.values()))["data_set"],
        "snapshot_id": found.profile["snapshot_id"],
        "ops_measured": found.profile["ops"],
        "anchors": found.profile["anchors"],
        "networks": [_network(name, found) for name in found.searches],
        "seconds": round(seconds, 1),
    }
    path.write_text(json.dumps(result, indent=2) + "\n")
    return result


def print_table(result: dict[str, Any], console: Console) -> None:
    """Print the networks: target, predicted, measured, error, MACs, validation accuracy."""
    title = (
        f"{result['ops_measured']} ops measured, two searches on {result['data_set']}, {result['seconds']:.0f} s in all"
    )
    table = Table("network", "target", "predicted", "measured", "error", "MACs", "accuracy", title=title)
    for network in result["networks"]:
        low, high = network["measured_ci_ms"]
        table.add_row(
            network["name"],
            f"{network['target_ms']:.4g} ms",
            f"{network['predicted_ms']:.4g} ms {stated_error(network['network_error_percent'])}",
            f"{network['measured_ms']:.4g} ms ({low:.4g} to {high:.4g}), {network['verdict']}",
            f"{network['error_percent']:+.1f} %",
            f"{network['macs'] / 1e6:.2f} M",
            f"{100 * network['validation_accuracy']:.1f} %",
        )
    console.print(table)


def _network(name: str, found: Found) -> dict[str, Any]:
    search = found.searches[name]
    (verification,) = found.verifications[name]["results"]
    (promise,) = search["promises"]
    from_promise = ("target_ms", "predicted_ms", "predicted_ci_ms", "network_error_percent")
    from_search = ("validation_accuracy", "macs", "parameters")
    from_verification = ("measured_ms", "measured_ci_ms", "error_percent", "verdict")
    return (
        {"name": name}
        | {key: promise[key] for key in from_promise}
        | {key: search[key] for key in from_search}
        | {key: verification[key] for key in from_verification}
        | {"architecture": search["architecture"]}
    )
