"""Facts: devices, conditions and activations as options of a command."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import InvalidInput
from latency_service.contract.messages import SourceName
from latency_service.contract.ops import Activation
from latency_service.interchange.layer_keys import LAYER_TYPES, Activations
from latency_service.services.sheets import Facts

DeviceOption = Annotated[str | None, typer.Option("--device", help="Whose latencies.")]
RuntimeOption = Annotated[str | None, typer.Option("--runtime", help="What ran the ops: onnxruntime, tflite, ...")]
ConditionOption = Annotated[
    list[str] | None, typer.Option("--condition", help="Another condition, such as threads=4; repeatable.")
]


def read_facts(device: str | None, runtime: str | None, condition: Iterable[str], source: str | None = None) -> Facts:
    """Return what the options say.

    Raises:
        InvalidInput: One of them cannot be right.
    """
    return Facts(
        device=_checked("--device", DeviceName, device),
        conditions=_conditions(runtime, _pairs("--condition", condition)),
        source=_checked("--source", SourceName, source),
    )


def read_activations(texts: Iterable[str]) -> Activations:
    """Return activations by layer type.

    Raises:
        InvalidInput: There is no such layer type or activation.
    """
    told = _pairs("--activation", texts)
    unknown = set(told) - set(LAYER_TYPES)
    if unknown:
        raise InvalidInput(f"--activation: no layer is a {unknown.pop()!r}; known are {', '.join(LAYER_TYPES)}")
    activations: Activations = _checked("--activation", dict[str, Activation], told)
    return activations


def _conditions(runtime: str | None, others: Mapping[str, str]) -> Conditions | None:
    if runtime is None and others:
        raise InvalidInput("--condition needs --runtime beside it")
    if runtime is None:
        return None
    conditions: Conditions = _checked("--condition", Conditions, {"runtime": runtime, **others})
    return conditions


def _pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, sign, value in pairs:
        if not (name and sign and value):
            raise InvalidInput(f"{option} {name + sign + value!r} is not NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _checked(option: str, kind: Any, value: Any) -> Any:
    try:
        return None if value is None else TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{option} {where or ''}: {first['msg']}") from None
