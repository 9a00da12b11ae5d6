"""Limits: how large an integer and how early or late a moment may be, so that any database can hold it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

LARGEST_INTEGER = 2**63 - 1

#: A moment that is one in every time zone: neither before 1970 nor at the end of the calendar.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
