"""Account: what an audit's sessions say of a table's promises, predictor by predictor."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from latency_service.contract.messages import Correction, ProfileId, SnapshotId
from search_client.audit.differences import PlacementDifference, largest_differences
from search_client.audit.figures import Figures, figures, mean_figures, repeatability
from search_client.audit.networks import Group
from search_client.audit.plan import AuditSettings, Plan
from search_client.audit.predictors import Predictor, fit_scale, predict
from search_client.audit.session import MeasuredWhole, Session

#: Of the networks of a session that stands alone. Beside another one it is judged by how far the two are off each
#: other: a machine whose speed wanders makes every network noisy, and what shared its rounds comes out alike all the
#: same.
MOST_NOISY = 0.5
#: A device whose sessions repeat each other worse cannot show whether a correction keeps within one or two percent.
LARGEST_FLOOR_PERCENT = 2.0

Trust = Literal["trusted", "too_noisy"]


class NetworkAccount(MeasuredWhole):
    """One network in one session."""

    name: str
    group: Group
    predicted_ms: dict[Predictor, float]


class SessionAccount(BaseModel):
    """One session.

    Attributes:
        correction: What predictions were corrected by, but for the ops' factors; None where they were not.
        noisy: How many networks were measured, but not calmly.
        floor_percent: Mean absolute difference from the session that is nearest, the common factor removed.
        reasons: Why it is too noisy to judge a table by; empty where it is not.
        figures: Of each group, by predictor; networks that were not fit to be measured are not in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    profile_id: ProfileId
    snapshot_id: SnapshotId
    started_at: AwareDatetime
    finished_at: AwareDatetime
    correction: Correction | None
    networks: tuple[NetworkAccount, ...]
    failed: dict[str, str]
    noisy: int
    floor_percent: float | None
    trust: Trust
    reasons: tuple[str, ...]
    figures: dict[Group, dict[Predictor, Figures]]


class Audit(BaseModel):
    """What `search-client audit` answers.

    Attributes:
        trust: `too_noisy` where no session can be judged by.
        figures: Mean over the sessions that are trusted, of each group by predictor; empty where none is.
        floor: How far these sessions' measurements of the held-out networks are from each other, mean over their pairs;
            None where there is no pair.
        differences: The ops whose placements differ most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: AuditSettings
    anchors: int
    left_out: dict[str, str]
    remarks: tuple[str, ...]
    trust: Trust
    figures: dict[Group, dict[Predictor, Figures]]
    floor: Figures | None
    sessions: tuple[SessionAccount, ...]
    differences: tuple[PlacementDifference, ...]


def account(plan: Plan, sessions: Sequence[Session]) -> Audit:
    """Return what at least one session says."""
    floors = {
        (first.number, second.number): floor
        for first, second in combinations(sessions, 2)
        if (floor := _floor(plan, first, second)) is not None
    }
    accounts = tuple(_session(plan, session, floors) for session in sessions)
    trusted = [each for each in accounts if each.trust == "trusted"]
    numbers = {each.number for each in trusted}
    between = [floor for pair, floor in floors.items() if numbers.issuperset(pair)]
    return Audit(
        settings=plan.settings,
        anchors=len(plan.anchors),
        left_out=plan.left_out,
        remarks=(*plan.remarks, *_remarks(plan, accounts)),
        trust="trusted" if trusted else "too_noisy",
        figures=_mean_of_sessions(trusted),
        floor=mean_figures(between) if between else None,
        sessions=accounts,
        differences=largest_differences(sessions[-1].snapshot),
    )


def _session(plan: Plan, session: Session, floors: Mapping[tuple[int, int], Figures]) -> SessionAccount:
    networks = _networks(plan, session)
    noisy = sum(network.verdict != "ok" for network in networks)
    floor = min((each.mape_percent for pair, each in floors.items() if session.number in pair), default=None)
    found = _figures(networks)
    reasons = _reasons(noisy, len(networks), floor)
    if "held_out" not in found:
        reasons += ("none of the held-out networks was fit to be measured",)
    correction = _correction(plan, session)
    return SessionAccount(
        number=session.number,
        profile_id=session.profile_id,
        snapshot_id=session.snapshot.snapshot_id,
        started_at=session.started_at,
        finished_at=session.finished_at,
        correction=correction.model_copy(update={"factors": {}}) if correction else None,
        networks=networks,
        failed=session.failed,
        noisy=noisy,
        floor_percent=floor,
        trust="too_noisy" if reasons else "trusted",
        reasons=reasons,
        figures=found,
    )


def _correction(plan: Plan, session: Session) -> Correction | None:
    return session.snapshot.correction if plan.settings.is_corrected else None


def _networks(plan: Plan, session: Session) -> tuple[NetworkAccount, ...]:
    anchors = [
        (spec, session.measured[name].measured_ms)
        for name, spec in plan.named_anchors.items()
        if _is_fit(session, name)
    ]
    scale = fit_scale(session.snapshot, anchors)
    return tuple(
        NetworkAccount(
            **session.measured[network.name].model_dump(),
            name=network.name,
            group=network.group,
            predicted_ms=predict(session.snapshot, network.spec, scale, _correction(plan, session)),
        )
        for network in plan.networks
        if network.name in session.measured
    )


def _reasons(noisy: int, networks: int, floor: float | None) -> tuple[str, ...]:
    if floor is None and noisy > MOST_NOISY * networks:
        return (f"{noisy} of {networks} networks were not measured calmly, and no other session tells how far off",)
    if floor is not None and floor > LARGEST_FLOOR_PERCENT:
        return (f"it is {floor:.1f} % off the session that is nearest to it, the common factor removed",)
    return ()


def _figures(networks: Sequence[NetworkAccount]) -> dict[Group, dict[Predictor, Figures]]:
    found: dict[Group, dict[Predictor, Figures]] = {}
    for group in get_args(Group):
        fit = [network for network in networks if network.group == group and network.verdict != "unfit"]
        if fit:
            measured = [network.measured_ms for network in fit]
            found[group] = {
                predictor: figures([network.predicted_ms[predictor] for network in fit], measured)
                for predictor in fit[0].predicted_ms
            }
    return found


def _floor(plan: Plan, first: Session, second: Session) -> Figures | None:
    pairs = [
        (first.measured[network.name].measured_ms, second.measured[network.name].measured_ms)
        for network in plan.networks
        if network.group == "held_out" and _is_fit(first, network.name) and _is_fit(second, network.name)
    ]
    return repeatability(*zip(*pairs, strict=True)) if len(pairs) > 1 else None


def _is_fit(session: Session, name: str) -> bool:
    return name in session.measured and session.measured[name].verdict != "unfit"


def _mean_of_sessions(sessions: Sequence[SessionAccount]) -> dict[Group, dict[Predictor, Figures]]:
    found: dict[Group, dict[Predictor, Figures]] = {}
    for group in get_args(Group):
        several = [session.figures[group] for session in sessions if group in session.figures]
        shared = [name for name in get_args(Predictor) if several and all(name in each for each in several)]
        if shared:
            found[group] = {name: mean_figures([each[name] for each in several]) for name in shared}
    return found


def _remarks(plan: Plan, sessions: Sequence[SessionAccount]) -> tuple[str, ...]:
    if not plan.settings.is_corrected or all(session.correction for session in sessions):
        return ()
    return ("the service fitted no correction to some session's anchors: too few were measured calmly enough",)


def share_of_naive_error(audit: Audit) -> float | None:
    """Return the full correction's error over that of the sum of isolated values; None where there is no such pair."""
    held_out = audit.figures.get("held_out", {})
    if "full" not in held_out or held_out["isolated"].mape_percent == 0:
        return None
    return held_out["full"].mape_percent / held_out["isolated"].mape_percent
