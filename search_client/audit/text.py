"""The account as tables and sentences for the terminal; the page has the same sentences."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from search_client.audit.account import Audit, NetworkAccount, SessionAccount, share_of_naive_error
from search_client.audit.differences import PlacementDifference
from search_client.audit.figures import Figures
from search_client.audit.networks import Group
from search_client.audit.predictors import LABELS, Predictor

_NEEDS_ANOTHER = "needs --sessions 2"
GROUP_TITLES: Mapping[Group, str] = {"held_out": "Held-out random networks", "published": "Published networks"}


def sentences(audit: Audit) -> list[str]:
    """Return what an audit says, the verdict first."""
    return [_verdict(audit), *audit.remarks, *_noisy_sessions(audit), *_missing(audit)]


def figure_cells(figures: Figures) -> tuple[str, str, str, str]:
    """Return MAPE, RMSE, Spearman and Kendall for people."""
    error = "" if figures.mape_error is None else f" +- {figures.mape_error:.2f}"
    errors = f"{figures.mape_percent:.2f}{error} %", f"{figures.rmse_ms:.3g} ms"
    return (*errors, _rank(figures.spearman), _rank(figures.kendall))


def floor_cells(audit: Audit) -> tuple[str, str, str, str]:
    """Return the noise floor of errors and the noise ceiling of rank correlations, or why there is none."""
    if audit.floor is not None:
        return figure_cells(audit.floor)
    reason = _NEEDS_ANOTHER if len(audit.sessions) < 2 else "no two calm sessions"
    return reason, "unknown", "unknown", "unknown"


def figures_table(audit: Audit, group: Group) -> Table:
    """Return a row a predictor, and below them what noise alone makes; means over the trusted sessions."""
    by_predictor = audit.figures[group]
    table = Table(title=f"{GROUP_TITLES[group]}: {_count(by_predictor)}", title_justify="left")
    table.add_column("predicted by")
    for column in ("MAPE", "RMSE", "Spearman", "Kendall"):
        table.add_column(column, justify="right")
    for predictor, figures in by_predictor.items():
        table.add_row(LABELS[predictor], *figure_cells(figures))
    if group == "held_out":
        table.add_section()
        table.add_row("noise floor / ceiling", *floor_cells(audit))
    return table


def sessions_table(audit: Audit) -> Table:
    """Return a row a session: what it is worth, and each predictor's error on held-out networks."""
    table = Table(title="Sessions: errors on held-out networks", title_justify="left")
    predictors = predictors_of(audit)
    for column in ("session", "not calm", "off the nearest", *map(LABELS.__getitem__, predictors), "promised", "trust"):
        table.add_column(column, justify="left" if column in ("session", "trust") else "right")
    for session in audit.sessions:
        table.add_row(*session_cells(session, predictors))
    return table


def session_cells(session: SessionAccount, predictors: tuple[Predictor, ...]) -> tuple[str, ...]:
    """Return a session's row of `sessions_table`; `promised` is what its correction said of its own error."""
    found = session.figures.get("held_out", {})
    return (
        f"{session.number}, {session.started_at:%Y-%m-%d %H:%M}",
        f"{session.noisy} of {len(session.networks)}",
        percent(session.floor_percent),
        *(percent(found[predictor].mape_percent if predictor in found else None) for predictor in predictors),
        percent(session.correction.held_out.mape_percent if session.correction else None),
        session.trust.replace("_", " "),
    )


def published_rows(audit: Audit) -> Iterator[tuple[str, ...]]:
    """Yield each published network of each session: measured, and how far each predictor is off."""
    for session in audit.sessions:
        for network in session.networks:
            if network.group == "published":
                errors = (_error(network, predictor) for predictor in predictors_of(audit))
                yield (network.name, str(session.number), f"{network.measured_ms:.4g} ms", network.verdict, *errors)


def published_table(audit: Audit) -> Table:
    """Return `published_rows` with their head."""
    table = Table(title="Published networks, each session", title_justify="left")
    for column in ("network", "session", "measured", "verdict", *map(LABELS.__getitem__, predictors_of(audit))):
        table.add_column(column, justify="left" if column == "network" else "right")
    for row in published_rows(audit):
        table.add_row(*row)
    return table


def differences_table(audit: Audit) -> Table:
    """Return the ops whose placements differ most."""
    table = Table(title="Ops that take another time in a network than alone", title_justify="left")
    for column in ("op", "alone", "in context", "difference"):
        table.add_column(column, justify="left" if column == "op" else "right", overflow="fold")
    for each in audit.differences:
        table.add_row(each.op, *difference_cells(each))
    return table


def difference_cells(each: PlacementDifference) -> tuple[str, str, str]:
    """Return both placements and what lies between them."""
    return f"{each.isolated_ms:.4g} ms", f"{each.in_context_ms:.4g} ms", f"{each.difference_ms:+.3g} ms"


def percent(value: float | None) -> str:
    """Return a share of a hundred, or that it is unknown."""
    return "unknown" if value is None else f"{value:.2f} %"


def predictors_of(audit: Audit) -> tuple[Predictor, ...]:
    """Return the predictors that some session has, the plainest first."""
    found = {name for session in audit.sessions for by_name in session.figures.values() for name in by_name}
    return tuple(name for name in LABELS if name in found)


def _verdict(audit: Audit) -> str:
    if audit.trust == "too_noisy":
        return (
            "too noisy to judge the table by: measure again while nothing else uses the device, into another --output"
        )
    figures = audit.figures["held_out"]
    best: Predictor = "full" if "full" in figures else "in_context"
    share = share_of_naive_error(audit)
    beside = "" if share is None else f", {share:.2f} times the error of the sum of isolated values"
    floor = "unknown, it needs a second session" if audit.floor is None else percent(audit.floor.mape_percent)
    return f"{LABELS[best]}: {figure_cells(figures[best])[0]} off{beside}; noise floor {floor}"


def _noisy_sessions(audit: Audit) -> Iterator[str]:
    for session in audit.sessions:
        if session.reasons:
            yield f"session {session.number} is too noisy: {'; '.join(session.reasons)}"


def _missing(audit: Audit) -> Iterator[str]:
    for name, reason in audit.left_out.items():
        yield f"{name} is left out: {reason}"
    for session in audit.sessions:
        for name, reason in session.failed.items():
            yield f"{name} has no measurement in session {session.number}: {reason}"


def _count(by_predictor: Mapping[Predictor, Figures]) -> int:
    return next(iter(by_predictor.values())).networks


def _error(network: NetworkAccount, predictor: Predictor) -> str:
    predicted = network.predicted_ms.get(predictor)
    return "unknown" if predicted is None else f"{100 * (predicted / network.measured_ms - 1):+.1f} %"


def _rank(value: float | None) -> str:
    return "too few" if value is None else f"{value:.3f}"
