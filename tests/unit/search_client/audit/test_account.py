from pathlib import Path

import pytest

from search_client.audit.account import share_of_naive_error
from search_client.audit.figures import figures
from tests.unit.search_client.audit.accounts import SETTINGS, audit_of
from tests.unit.search_client.audit.simulated_service import CONTEXT, SimulatedService
from tests.unit.search_client.small_space import small_space

SPACE = small_space()
DRIFTS = (1.1, 0.9, 1.3)


def test_anchors_take_the_sessions_speed_out_of_the_error(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(SPACE, DRIFTS), tmp_path, 3)
    held_out = audit.figures["held_out"]
    context = [abs(1 / (CONTEXT * drift) - 1) for drift in DRIFTS]
    assert held_out["isolated"].mape_percent == pytest.approx(100 * sum(context) / 3, rel=1e-3)
    assert held_out["in_context"].mape_percent == pytest.approx(
        100 * sum(abs(1 / drift - 1) for drift in DRIFTS) / 3, rel=1e-3
    )
    assert held_out["full"].mape_percent == pytest.approx(0, abs=1e-6)
    assert share_of_naive_error(audit) == pytest.approx(0, abs=1e-6)
    assert audit.trust == "trusted"


def test_noise_is_told_from_error(tmp_path: Path) -> None:
    noise = 0.01
    settings = SETTINGS.model_copy(update={"networks": 100, "anchors": 40})
    audit = audit_of(SimulatedService(SPACE, DRIFTS, noises=[noise] * 3), tmp_path, 3, settings)
    mean_size = noise * (2 / 3.14159265) ** 0.5  # of a normal deviation
    assert audit.floor is not None
    assert audit.floor.mape_percent == pytest.approx(100 * mean_size * 2**0.5, rel=0.15)
    assert audit.figures["held_out"]["full"].mape_percent == pytest.approx(100 * mean_size, rel=0.15)
    assert audit.trust == "trusted"


def test_without_anchors_sums_stand_alone(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"anchors": 0})
    audit = audit_of(SimulatedService(SPACE, (1.25,)), tmp_path, 1, settings)
    assert list(audit.figures["held_out"]) == ["isolated", "in_context"]
    assert audit.figures["held_out"]["in_context"].mape_percent == pytest.approx(20, rel=1e-3)
    assert share_of_naive_error(audit) is None
    assert audit.remarks == ()


def test_one_session_has_no_floor(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(SPACE), tmp_path, 1)
    assert (audit.floor, audit.sessions[0].floor_percent) == (None, None)


def test_a_session_that_was_not_calm_is_not_judged_by(tmp_path: Path) -> None:
    service = SimulatedService(SPACE)
    service.verdict = "noisy"
    audit = audit_of(service, tmp_path, 1)
    assert (audit.trust, audit.figures) == ("too_noisy", {})
    assert len(audit.sessions[0].reasons) == 1
    assert audit.sessions[0].reasons[0].startswith("12 of 12 networks were not measured calmly")


def test_sessions_in_which_all_was_noisy_are_judged_by_where_they_repeat_each_other(tmp_path: Path) -> None:
    service = SimulatedService(SPACE, noises=(0.002, 0.002))
    service.verdict = "noisy"
    audit = audit_of(service, tmp_path, 2)
    assert [session.noisy for session in audit.sessions] == [12, 12]
    assert (audit.trust, {session.reasons for session in audit.sessions}) == ("trusted", {()})


def test_sessions_that_do_not_repeat_each_other_are_not_judged_by(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(SPACE, noises=(0.1, 0.1)), tmp_path, 2)
    assert (audit.trust, audit.figures, audit.floor) == ("too_noisy", {}, None)
    assert "off the session that is nearest" in audit.sessions[0].reasons[0]


def test_one_bad_session_leaves_the_others_their_figures(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(SPACE, noises=(0, 0, 0.2)), tmp_path, 3)
    assert [session.trust for session in audit.sessions] == ["trusted", "trusted", "too_noisy"]
    assert audit.figures["held_out"]["full"].mape_percent == pytest.approx(0, abs=1e-6)
    assert audit.floor is not None
    assert audit.floor.mape_percent == pytest.approx(0, abs=1e-6)


def test_networks_that_were_unfit_are_in_no_figure(tmp_path: Path) -> None:
    service = SimulatedService(SPACE)
    service.verdict = "unfit"
    audit = audit_of(service, tmp_path, 1)
    assert audit.sessions[0].figures == {}
    assert "none of the held-out networks was fit to be measured" in audit.sessions[0].reasons


def test_figures_are_those_of_the_sessions_own_networks(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(SPACE, (1.1,), noises=(0.01,)), tmp_path, 1)
    networks = audit.sessions[0].networks
    expected = figures([each.predicted_ms["full"] for each in networks], [each.measured_ms for each in networks])
    assert audit.figures["held_out"]["full"] == expected


def test_the_ops_that_context_moves_most_are_named(tmp_path: Path) -> None:
    differences = audit_of(SimulatedService(SPACE), tmp_path, 1).differences
    assert len(differences) == 10
    assert all(each.in_context_ms == pytest.approx(CONTEXT * each.isolated_ms) for each in differences)


def test_a_service_that_fitted_nothing_is_told_of(tmp_path: Path) -> None:
    service = SimulatedService(SPACE)
    service.fits = False
    audit = audit_of(service, tmp_path, 1)
    assert list(audit.figures["held_out"]) == ["isolated", "in_context", "scale"]
    assert "no correction" in audit.remarks[0]
