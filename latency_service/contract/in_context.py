"""InContext: what an op adds to the time of the op before it, beside what it takes alone."""

import math
from statistics import median

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latency_service.contract.intervals import Interval, median_ci, rounds_differ
from latency_service.contract.keys import LONGEST_KEY
from latency_service.contract.limits import MOST_MEMBERS, Text
from latency_service.contract.summary import Summary
from latency_service.contract.timings import Timings

#: A difference with a wider interval to either side, as a share of itself, has drowned in the noise of what it is of.
WIDEST_SHARE = 0.1


class InContext(BaseModel):
    """The timings behind T(feeder, op) - T(feeder), both taken in the same rounds.

    Attributes:
        feeder: Key of the op that gives this one its input, by the rule of contract/feeders.py.
        chain: Feeder and op, run as one network.
        alone: The feeder, run alone.
        reasons: Why the op's isolated timing stands instead; empty where the difference does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    feeder: str = Field(max_length=LONGEST_KEY)
    chain: Timings
    alone: Timings
    reasons: tuple[Text, ...] = Field(default=(), max_length=MOST_MEMBERS)

    @model_validator(mode="after")
    def _check_the_difference(self) -> "InContext":
        if not self.reasons and drowns(*difference(self.chain, self.alone)):
            raise ValueError("a difference that drowns in noise needs that as its reason")
        return self

    @property
    def latency_ms(self) -> float:
        """What the op adds, milliseconds; a difference that drowns may be negative."""
        return difference(self.chain, self.alone)[0]

    @property
    def ci_ms(self) -> Interval:
        """Its interval."""
        return difference(self.chain, self.alone)[1]


def difference(chain: Timings, alone: Timings) -> tuple[float, Interval]:
    """Return what the op adds, milliseconds, and its interval (level CI_LEVEL).

    It is the difference of the two medians. Where the rounds of either differ by more than chance the machine changed
    its speed, for both alike: then it is the median of the rounds' differences, which hold little of that.

    Args:
        chain: Of feeder and op, behind each other.
        alone: Of the feeder, in the same rounds.

    Source: Zou and Donner, Construction of confidence limits about effect measures (MOVER), Statistics in Medicine 27
        (2008), equation 8.
    """
    chain_rounds, alone_rounds = chain.counting_rounds(), alone.counting_rounds()
    pairs = [(fed, by) for fed, by in zip(chain_rounds, alone_rounds, strict=False) if fed and by]
    if pairs and (rounds_differ(chain_rounds) or rounds_differ(alone_rounds)):
        differences = sorted(median(fed) - median(by) for fed, by in pairs)
        return median(differences), median_ci(differences)
    return _of_medians(chain.summary, alone.summary)


def _of_medians(chain: Summary, alone: Summary) -> tuple[float, Interval]:
    middle = chain.median_ms - alone.median_ms
    below = math.hypot(chain.median_ms - chain.ci_low_ms, alone.ci_high_ms - alone.median_ms)
    above = math.hypot(chain.ci_high_ms - chain.median_ms, alone.median_ms - alone.ci_low_ms)
    return middle, (middle - below, middle + above)


def drowns(latency_ms: float, ci_ms: Interval) -> bool:
    """Say whether a difference is too uncertain, or too small, to stand for the op."""
    low, high = ci_ms
    return max(latency_ms - low, high - latency_ms) > WIDEST_SHARE * latency_ms
