"""Additivity: whether sums of ops tell what networks take."""

import numpy as np

from latency_service.contract.messages import Additivity
from latency_service.services.correction.accuracy import standard_error
from latency_service.services.correction.design import Design, are_independent
from latency_service.services.correction.leaving_out import Matrix, missed_by, residual_maker

#: Held-out errors beyond both are `not_additive`. Of the study: on CPUs even the uncorrected sum of one session stays
#: below 4 %, a fitted one below 2 %; GPUs that wait for launches and phones begin at 5 to 7 %.
MOST_ERROR_PERCENT = 5.0
#: The study's fitted sums are at 1.5 to 3 times the noise floor; a device that is itself noisy is not to blame.
MOST_NOISE_FLOORS = 3.0
#: The number of ops explains times clearly better than work does where its mean error is that share of work's at most,
#: and the mean difference is so many of its own standard errors. The study's runtimes never come near: a scale errs by
#: 1.3 to 1.8 % there, and networks differ by 10 to 30 %.
CLEARLY_LESS, CLEARLY_BEYOND_CHANCE = 2 / 3, 2.0
#: Of fewer, now and then some happen to lie on a line.
ENOUGH_FOR_DEPTH = 10


def additivity_of(design: Design, held_out_percent: float, noise_floor_percent: float) -> Additivity:
    """Return the verdict on a table, given its correction's held-out error and the anchors' own noise."""
    if is_launch_bound(design):
        return "launch_bound"
    most_percent = max(MOST_ERROR_PERCENT, MOST_NOISE_FLOORS * noise_floor_percent)
    return "not_additive" if held_out_percent > most_percent else "additive"


def is_launch_bound(design: Design) -> bool:
    """Say whether a constant and the number of ops predict anchors clearly better than the sum of their ops does.

    The sum has a scale, and an intercept where that helps: or a noisy device, of which a constant is the best guess,
    would seem to follow the number of ops. All are judged by anchors left out. Fewer than ENOUGH_FOR_DEPTH do not tell,
    nor do those of one depth.
    """
    if len(design.depths) < ENOUGH_FOR_DEPTH:
        return False
    by_number = _errors(design, design.number_of_ops())
    by_work = min((_errors(design, design.work(has_intercept)) for has_intercept in (False, True)), key=np.mean)
    if not np.isfinite(by_number).all():
        return False
    gains = by_work - by_number
    is_no_chance = gains.mean() > CLEARLY_BEYOND_CHANCE * standard_error(gains)
    return bool(is_no_chance and by_number.mean() <= CLEARLY_LESS * by_work.mean())


def _errors(design: Design, columns: Matrix) -> Matrix:
    if not are_independent(columns):
        return np.full(len(columns), np.inf)
    no_kernel = np.zeros((len(columns), len(columns)))
    return np.abs(missed_by(residual_maker(columns, no_kernel), design.targets))
