"""Looking things up by name, with an answer that lists the known names."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from latency_service.contract.errors import InvalidInput, UnknownName
from search_client.faults import first_fault

T = TypeVar("T")


def pick(known: Mapping[str, T], name: str, noun: str) -> T:
    """Return what a name stands for.

    Raises:
        UnknownName: There is no such name; the message lists those there are.
    """
    if name not in known:
        raise UnknownName(f"no {noun} is called {name!r}; known are {', '.join(sorted(known))}")
    return known[name]


def build(known: Mapping[str, Callable[..., T]], name: str, noun: str, params: Mapping[str, Any]) -> T:
    """Build what a name stands for from keyword parameters.

    Raises:
        UnknownName: There is no such name.
        InvalidInput: It takes no such parameter or not of this type, or needs one that is not given; the message lists
            what it takes.
    """
    builder = pick(known, name, noun)
    signature = inspect.signature(builder)
    try:
        signature.bind(**params)
    except TypeError as error:
        raise InvalidInput(f"{noun} {name!r}: {error}; it takes {', '.join(signature.parameters)}") from None
    return builder(**{name: _typed(signature.parameters[name], value, noun) for name, value in params.items()})


def _typed(parameter: inspect.Parameter, value: Any, noun: str) -> Any:
    """Return the value as its annotation says: what was typed or read from a file may be anything."""
    try:
        return TypeAdapter(parameter.annotation).validate_python(value)
    except ValidationError as error:
        raise InvalidInput(f"{noun} parameter {parameter.name}={value!r}: {first_fault(error)}") from None
