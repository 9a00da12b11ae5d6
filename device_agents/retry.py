"""Retry: again after a while, longer each time, capped, with jitter.

stamina sleeps by itself, and so would neither wake for a SIGTERM nor take a test's clock: hence a loop of our own.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from latency_service.contract.errors import ServiceUnavailable

Result = TypeVar("Result")

_LONGEST_ASKED_S = 3600.0


@dataclass(frozen=True)
class Retry:
    """How often, and after which waits, a call is made again.

    Attributes:
        sleep: Waits for so many seconds, or less.
        rng: Draws the jitter.
        attempts: Calls in all.
        first_wait_s: The wait after the first failure, at most; it doubles.
        longest_wait_s: The cap.
    """

    sleep: Callable[[float], None]
    rng: random.Random = field(default_factory=random.Random)
    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0

    def call(self, function: Callable[[], Result]) -> Result:
        """Return what the function returns; call it again where it raises ServiceUnavailable.

        Raises:
            ServiceUnavailable: The last attempt failed too.
        """
        for wait_s in self._waits():
            try:
                return function()
            except ServiceUnavailable as error:
                asked_s = error.extra.get("retry_after_s")
                self.sleep(self.rng.uniform(wait_s / 2, wait_s) if asked_s is None else min(asked_s, _LONGEST_ASKED_S))
        return function()

    def _waits(self) -> Iterator[float]:
        for attempt in range(self.attempts - 1):
            yield min(self.longest_wait_s, self.first_wait_s * 2**attempt)
