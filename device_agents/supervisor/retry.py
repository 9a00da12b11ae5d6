"""Retry: again after a while, longer each time, capped, with jitter.

stamina sleeps by itself, and so would neither wake for a SIGTERM nor take a test's clock: hence a loop of our own.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from latency_service.contract.errors import ServiceUnavailable

Result = TypeVar("Result")


@dataclass(frozen=True)
class Retry:
    """How often, and after which waits, a call is made again.

    Attributes:
        sleep: Waits for so many seconds, or less.
        rng: Draws the jitter.
        attempts: Calls in all.
        first_wait_s: The wait after the first failure, at most; it doubles.
        longest_wait_s: The cap. A service that asks for more is left to the caller, who may have better to do.
        is_over: Says, after a wait, that nobody wants another attempt.
    """

    sleep: Callable[[float], None]
    rng: random.Random = field(default_factory=random.Random)
    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    is_over: Callable[[], bool] = lambda: False

    def call(self, function: Callable[[], Result]) -> Result:
        """Return what the function returns; call it again where it raises ServiceUnavailable.

        Raises:
            ServiceUnavailable: The last attempt failed too, or there was to be no other.
        """
        for wait_s in self._waits():
            try:
                return function()
            except ServiceUnavailable as error:
                asked_s = error.extra.get("retry_after_s")
                if asked_s is not None and asked_s > self.longest_wait_s:
                    raise
                self.sleep(self.rng.uniform(wait_s / 2, wait_s) if asked_s is None else asked_s)
                if self.is_over():
                    raise
        return function()

    def _waits(self) -> Iterator[float]:
        for attempt in range(self.attempts - 1):
            yield min(self.longest_wait_s, self.first_wait_s * 2**attempt)
