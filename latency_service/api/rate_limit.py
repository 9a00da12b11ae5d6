"""RateLimiter: how often each caller may ask (a token bucket a caller, in bounded memory)."""

from collections.abc import Callable

_MOST_CALLERS = 20_000


class RateLimiter:
    """Lets each caller ask `per_s` times a second on average and `burst` times at once.

    A bucket is kept as one number, the moment at which it will be full again (generic cell rate algorithm, ITU-T
    I.371). A full one need not be remembered.

    Args:
        per_s: Requests a second.
        burst: Requests at once, at least one.
        timer: Seconds of a clock that only goes forwards.
    """

    def __init__(self, per_s: float, burst: int, timer: Callable[[], float]) -> None:
        self._interval_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._timer = timer
        self._full_at: dict[str, float] = {}

    def take(self, caller: str) -> float:
        """Return 0 if the caller may ask now, which counts; otherwise how many seconds it must wait."""
        now = self._timer()
        full_at = max(self._full_at.get(caller, now), now)
        wait_s = full_at - now - self._slack_s
        if wait_s > 0:
            return wait_s
        if len(self._full_at) >= _MOST_CALLERS:
            self._forget(now)
        self._full_at[caller] = full_at + self._interval_s
        return 0.0

    def _forget(self, now: float) -> None:
        """Forget whose bucket is full; if nobody's is, the half that is nearest to it."""
        waiting = {caller: full_at for caller, full_at in self._full_at.items() if full_at > now}
        if len(waiting) >= _MOST_CALLERS:
            emptiest = sorted(waiting, key=waiting.__getitem__)[len(waiting) // 2 :]
            waiting = {caller: waiting[caller] for caller in emptiest}
        self._full_at = waiting
