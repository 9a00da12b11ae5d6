"""The targets of a search as they are typed: `--device pixel-8/tflite:20ms`."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import InvalidInput
from search_client.commands import options
from search_client.faults import first_fault
from search_client.training.targets import Target

_FORM = re.compile(
    r"(?P<device>[^/:@]+)(/(?P<runtime>[^/:@]+))?(:(?P<latency>[0-9.eE+-]+)ms)?(@(?P<weight>[0-9.eE+-]+))?"
)


def parse_target(
    text: str, target_ms: float | None, runtime: str | None, conditions_on: Callable[[str], Conditions]
) -> Target:
    """Read one target.

    Args:
        text: `DEVICE[/RUNTIME][:LATENCYms][@WEIGHT]`.
        target_ms: Of targets that name no latency.
        runtime: Of targets that name none.
        conditions_on: Makes the conditions of a runtime from what all targets share.

    Raises:
        InvalidInput: The text has another form, or neither it nor the options say a part that is needed.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InvalidInput(f"--device {text} is not DEVICE[/RUNTIME][:LATENCYms][@WEIGHT], such as pixel-8/tflite:20ms")
    told = match.groupdict()
    values: dict[str, Any] = {
        "device": told["device"],
        "conditions": conditions_on(options.require(told["runtime"] or runtime, "--runtime")),
        "target_ms": told["latency"] or options.require(target_ms, "--target-ms"),
    }
    try:
        return Target(**values, **({"weight": told["weight"]} if told["weight"] else {}))
    except ValidationError as error:
        raise InvalidInput(f"--device {text}: {first_fault(error)}") from None
