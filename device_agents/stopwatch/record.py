"""Record: the rounds that one series has taken, and which of them count."""

from dataclasses import dataclass
from functools import cached_property

from device_agents.stopwatch.reference import ReferenceOp
from device_agents.stopwatch.rules import TimingRules
from device_agents.stopwatch.sample import Sample


@dataclass(frozen=True)
class Round:
    """A few samples in a row.

    Attributes:
        seconds: How long it took altogether.
        readings_before: How often the reference op had been read when it began.
        stolen_share: Share of it that the hypervisor kept.
    """

    samples: tuple[Sample, ...]
    seconds: float
    readings_before: int
    stolen_share: float

    @cached_property
    def clean_ms(self) -> tuple[float, ...]:
        """The undisturbed samples, milliseconds a run."""
        return tuple(sample.ms_per_run for sample in self.samples if not sample.is_disturbed)


class Record:
    """The rounds of one series. Whether a round counts may change with every reading of the reference op.

    Rounds at another speed than the session's are voided, and so are those that the hypervisor took part of. Where that
    would be most of them the series is `unsteady`: then none is voided, because none can be called the right one, and
    the interval reaches over them all.

    Args:
        rules: The limits.
        reference: Says at which speed the machine ran; None: nobody does.
    """

    def __init__(self, rules: TimingRules, reference: ReferenceOp | None = None) -> None:
        self.rounds: list[Round] = []
        self._rules = rules
        self._reference = reference
        self._off_speed: tuple[tuple[int, int], tuple[int, ...]] = (0, 0), ()

    @property
    def readings_so_far(self) -> int:
        """How often the reference op has been read."""
        return len(self._reference.readings_ms) if self._reference else 0

    @property
    def is_closed(self) -> bool:
        """Say whether the reference op has been read since the last round, where it can be."""
        return self._reference is None or self._reference.has_closed(self.rounds[-1].readings_before)

    @property
    def seconds(self) -> float:
        """What all rounds took."""
        return sum(one.seconds for one in self.rounds)

    @property
    def samples(self) -> list[Sample]:
        """Every sample in the order taken."""
        return [sample for one in self.rounds for sample in one.samples]

    @property
    def off_speed(self) -> tuple[int, ...]:
        """Indices of the rounds during which the machine was not itself."""
        seen = len(self.rounds), self.readings_so_far
        if self._off_speed[0] != seen:  # asked for often, and changed by a round or a reading alone
            found = (index for index, one in enumerate(self.rounds) if self._is_off_speed(one))
            self._off_speed = seen, tuple(found)
        return self._off_speed[1]

    @property
    def is_unsteady(self) -> bool:
        """Say whether too many rounds were off speed to tell which of them to void."""
        return len(self.off_speed) > self._rules.max_voided_share * len(self.rounds)

    @property
    def voided(self) -> tuple[int, ...]:
        """Indices of the rounds that do not count."""
        return () if self.is_unsteady else self.off_speed

    @property
    def kept(self) -> list[Round]:
        """The rounds that count."""
        voided = set(self.voided)
        return [one for index, one in enumerate(self.rounds) if index not in voided]

    @property
    def largest_shift(self) -> float:
        """By which share the machine was off its level, at worst; 0 within the tolerance."""
        return max(map(self._shift, self.rounds), key=abs)

    @property
    def largest_stolen_share(self) -> float:
        """Which share of a round the hypervisor kept, at worst."""
        return max(one.stolen_share for one in self.rounds)

    @property
    def reference_ms(self) -> tuple[float, ...]:
        """The readings from before the first round to after the last."""
        if self._reference is None:
            return ()
        first, last = self.rounds[0].readings_before, self.rounds[-1].readings_before
        return tuple(self._reference.readings_ms[max(0, first - 1) : last + 1])

    def _is_off_speed(self, one: Round) -> bool:
        return one.stolen_share > self._rules.max_stolen_share or self._shift(one) != 0.0

    def _shift(self, one: Round) -> float:
        return self._reference.shift(one.readings_before) if self._reference else 0.0
