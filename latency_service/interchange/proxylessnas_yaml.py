"""ProxylessNAS's latency tables, both ways.

What the format does not tell is what its networks have: every activation is ReLU6. What it cannot say is left out on
the way out: other ops, other activations, whole networks, conditions, verdicts, times, and what was not measured but
predicted. Our medians stand where it has
means, and `var` is what gives intervals as wide as ours.

Source: mit-han-lab/proxylessnas, search/utils/latency_estimator.py.
"""

from typing import Any

import orjson
import yaml

from latency_service.contract.keys import parse_key
from latency_service.contract.network import is_network_key
from latency_service.contract.ops import OpSpec
from latency_service.interchange import layer_tables
from latency_service.interchange.columns import head_and_rows
from latency_service.interchange.layer_keys import Activations, format_layer, parse_layer, to_op
from latency_service.interchange.mean_interval import variance_of
from latency_service.interchange.reading import Reading
from latency_service.interchange.writing import LeftOut, Written
from latency_service.services.sheets import Sheet

_ACTIVATIONS: Activations = {"Conv": "relu6", "expanded_conv": "relu6", "Conv_1": "relu6"}


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of such a table.

    Raises:
        ImportRefused: The file is no such table.
    """
    activations = {**_ACTIVATIONS, **reading.activations}
    return layer_tables.read(content, reading.unit or "ms", lambda key: _parse(key, activations))


def write(content: bytes) -> Written:
    """Return a snapshot, given its JSON, as such a table, and what of it the format cannot say."""
    head, rows = head_and_rows(content)
    lines, left_out = {}, []
    for row in rows:
        layer = None if is_network_key(row["workload"]) else format_layer(parse_key(row["workload"]))
        if layer is None:
            left_out.append(LeftOut(row["workload"], "the format has no such layer"))
        elif row["source"] == "predicted":
            left_out.append(LeftOut(row["workload"], "it is predicted, which the format cannot say"))
        else:
            lines[layer] = _values(row)
    told = ", ".join(f"{name} {orjson.dumps(head[name]).decode()}" for name in ("device", "conditions", "snapshot_id"))
    table = yaml.dump(lines, Dumper=yaml.CSafeDumper, default_flow_style=None, sort_keys=False, width=1000)
    return Written(f"# milliseconds; {told}\n{table}".encode(), tuple(left_out))


def _parse(key: str, activations: Activations) -> OpSpec:
    layer = parse_layer(key)
    return to_op(layer, layer.fields.get("expand", 1), activations)


def _values(row: dict[str, Any]) -> dict[str, float]:
    values: dict[str, float] = {"count": row["n"]} if row["n"] else {}
    values["mean"] = row["latency_ms"]
    if row["n"] > 1 and row["ci_low_ms"] is not None:
        values["var"] = variance_of((row["ci_low_ms"], row["ci_high_ms"]), row["n"])
    return values
