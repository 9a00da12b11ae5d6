"""Limits: what is sent may be large, but not so large that no database could hold it, or that it is no honest message.

Every text, list and table of a message has one: an agent that goes mad, or is hostile, costs no more than its bytes.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

LARGEST_INTEGER = 2**63 - 1
#: What a column of type INTEGER holds.
LARGEST_SMALL_INTEGER = 2**31 - 1

LONGEST_NAME = 200
#: Of what a host says of itself, and of an error's message.
LONGEST_TEXT = 8000
MOST_MEMBERS = 1000

#: A name, a version: something short.
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
#: A sentence or a few.
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
#: Readings beside the samples, a few a round.
Readings = Annotated[tuple[float, ...], Field(max_length=200_000)]


def _not_a_number(value: object) -> object:
    """Refuse what pydantic would take for seconds since 1970, or for milliseconds where they are many."""
    if isinstance(value, datetime) or (isinstance(value, str) and ":" in value):
        return value
    raise ValueError("write a moment with its time zone, such as 2030-01-31T12:00:00Z")


#: A moment that is one in every time zone: neither before 1970 nor at the end of the calendar.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC)),
    BeforeValidator(_not_a_number),
]
