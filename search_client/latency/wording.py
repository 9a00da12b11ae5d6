"""Wording: what a table's correction is, and what it is worth, told to people; one way everywhere."""

from collections.abc import Mapping
from typing import assert_never

from latency_service.contract.messages import Additivity, Correction, TransferNote

_VERDICTS: Mapping[Additivity, str] = {
    "additive": "additive",
    "launch_bound": "launch-bound",
    "not_additive": "not additive",
}

#: Errors below it, and there are hardly any, are told as such: `0.0 %` would be none at all.
_LEAST_TOLD_PERCENT = 0.1


def stated_error(network_error_percent: float | None) -> str:
    """Return what stands behind every latency that is predicted of a network: `+- 1.2 %`, or why there is none."""
    if network_error_percent is None:
        return "(unanchored: no error known)"
    return f"+- {_percent(network_error_percent)}"


def describe_correction(correction: Correction | None) -> str:
    """Return how entries become what ops add to a network, and how far that is to be trusted."""
    if correction is None:
        return "none: too few networks were measured beside the ops"
    held_out, naive = _percent(correction.held_out.mape_percent), _percent(correction.naive.mape_percent)
    floor = correction.noise_floor_percent
    floor_text = "unknown before a second session" if floor is None else _percent(floor)
    return (
        f"{_method(correction)}, from {len(correction.anchors)} networks; {held_out} off those left out, "
        f"plain sums {naive}, noise floor {floor_text}; {_VERDICTS[correction.additivity]}"
    )


def describe_transfer(transfer: TransferNote) -> str:
    """Return how many ops of a table nobody has measured, what is said of them instead, and what that is worth."""
    spread = (
        "too few other tables to say how far off"
        if transfer.spread_percent is None
        else f"their 90 % intervals are +- {_percent(transfer.spread_percent)} in the median"
    )
    return (
        f"{transfer.predicted} ops, from {transfer.measured} that were measured and {len(transfer.tables)} tables of "
        f"other devices or conditions; {spread}"
    )


def additivity_warning(additivity: Additivity | None) -> str | None:
    """Return what must be told of a device on which sums do not tell what networks take; None where nothing must."""
    match additivity:
        case "not_additive":
            return "a network does not take what its ops take together: what is predicted of it means little"
        case "launch_bound":
            return (
                "time follows the number of ops, not their work (launch-bound): fewer blocks make a network faster, "
                "cheaper ones hardly do"
            )
        case "additive" | None:
            return None
        case _:
            assert_never(additivity)


def _method(correction: Correction) -> str:
    method = f"times {correction.scale:.4g}"
    if correction.factors:
        method += f", {len(correction.factors)} ops by factors of their own"
    if correction.intercept_ms:
        method += f", {correction.intercept_ms:+.4g} ms a network"
    return method


def _percent(value: float) -> str:
    return f"<{_LEAST_TOLD_PERCENT} %" if value < _LEAST_TOLD_PERCENT else f"{value:.1f} %"
