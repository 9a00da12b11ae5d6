"""Facts: devices, conditions and activations as options of a command."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import InvalidInput
from latency_service.contract.limits import LONGEST_NAME
from latency_service.contract.ops import Activation
from latency_service.interchange.layer_keys import LAYER_TYPES, Activations
from latency_service.services.sheets import Facts

DeviceOption = Annotated[str | None, typer.Option("--device", help="The device.")]
RuntimeOption = Annotated[str | None, typer.Option("--runtime", help="What ran the ops: onnxruntime, tflite, ...")]
ConditionOption = Annotated[
    list[str] | None, typer.Option("--condition", help="Another condition, such as threads=4; repeatable.")
]


def read_facts(device: str | None, runtime: str | None, condition: Iterable[str], source: str | None) -> Facts:
    """Return what the options say.

    Raises:
        InvalidInput: One of them cannot be right.
    """
    return Facts(
        device=_checked("--device", DeviceName, device),
        conditions=read_conditions(runtime, condition),
        source=_checked("--source", Annotated[str, typer.Option(), _SOURCE], source),
    )


def read_conditions(runtime: str | None, condition: Iterable[str]) -> Conditions | None:
    """Return the conditions that the options say; None where they name no runtime.

    Raises:
        InvalidInput: There are no such conditions, or some without a runtime.
    """
    others = read_pairs("--condition", condition)
    if runtime is None:
        if others:
            raise InvalidInput("--condition needs --runtime beside it")
        return None
    return TypeAdapter(Conditions).validate_python({"runtime": runtime, **others})
