"""A search's outcome, told to a person."""

from rich.console import Console

from search_client.commands.console import predicted_milliseconds, print_facts
from search_client.training.result import SearchResult

_MISSED = "MISSED: give the search more epochs or a higher settle_steps"


def print_result(result: SearchResult) -> None:
    """Print what each table promises, what the network is worth, and its ops."""
    for promise in result.promises:
        facts = {
            "target": _target(promise.target_ms, "ms", promise.target_met),
            "predicted": predicted_milliseconds(
                promise.predicted_ms, promise.network_error_percent, promise.predicted_ci_ms
            ),
            "snapshot": promise.snapshot_id,
        }
        print_facts(f"For {promise.device}, {promise.conditions}", facts)
    for cost in result.costs:
        facts = {
            "target": _target(cost.target, cost.unit, cost.target_met),
            "predicted": f"{cost.predicted:.4g} {cost.unit}",
        }
        print_facts(f"For {cost.label}", facts)
    facts = {
        "accuracy": f"{result.validation_accuracy:.1%} of {result.validation_images} {result.data_set} images",
        "MACs": f"{result.macs / 1e6:.2f} M",
        "parameters": f"{result.parameters:,}",
        "took": f"{result.seconds:.0f} s",
    }
    print_facts("The network", facts)
    Console().print(result.architecture.describe(), highlight=False)


def _target(target: float, unit: str, is_met: bool) -> str:
    return f"{target:.4g} {unit}" + ("" if is_met else f", {_MISSED}")
