"""What pydantic found wrong, in one line."""

from pydantic import ValidationError


def first_fault(error: ValidationError) -> str:
    """Return where and why validation failed first."""
    fault = error.errors()[0]
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else fault["msg"]
