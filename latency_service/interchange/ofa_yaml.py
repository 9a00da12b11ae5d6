"""Once-for-All's latency tables: those of ProxylessNAS with the hidden channels under `expand`, `se` and `hs`.

`hs:1` is hard swish; `hs:0` is ReLU in a MobileNetV3 and ReLU6 in a MobileNetV2, and no other layer tells at all. Who
knows says so by `--activation`; rows of which it is not known are refused.

Source: mit-han-lab/once-for-all, ofa/nas/efficiency_predictor/latency_lookup_table.py.
"""

from latency_service.contract.ops import OpSpec
from latency_service.interchange import layer_tables
from latency_service.interchange.cells import RowRefused
from latency_service.interchange.layer_keys import Activations, Layer, parse_layer, to_op
from latency_service.interchange.reading import Reading
from latency_service.services.sheets import Sheet


def read(content: bytes, reading: Reading) -> Sheet:
    """Return the rows of such a table.

    Raises:
        ImportRefused: The file is no such table.
    """
    return layer_tables.read(content, reading.unit or "ms", lambda key: _parse(key, reading.activations))


def _parse(key: str, activations: Activations) -> OpSpec:
    layer = parse_layer(key, ("se", "hs"))
    if layer.type != "expanded_conv":
        return to_op(layer, 1, activations)
    if layer.fields["se"] != 0:
        raise RowRefused("squeeze-and-excitation (se:1) is in no op")
    if layer.fields["hs"] not in (0, 1):
        raise RowRefused(f"hs is {layer.fields['hs']}, and must be 0 or 1")
    is_told = layer.fields["hs"] == 1
    return to_op(layer, _expand_ratio(layer), {"expanded_conv": "hard_swish"} if is_told else activations)


def _expand_ratio(layer: Layer) -> int:
    hidden, in_channels = layer.fields["expand"], layer.input.channels
    if in_channels == 0 or hidden % in_channels:
        raise RowRefused(f"{hidden} hidden channels are no whole multiple of {in_channels}, as an expand ratio must be")
    return hidden // in_channels
