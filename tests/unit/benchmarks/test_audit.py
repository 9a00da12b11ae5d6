from pathlib import Path

import pytest

from benchmarks.audit import goal_text
from search_client.audit.account import Audit
from search_client.audit.figures import Figures
from tests.unit.search_client.audit.accounts import audit_of
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return audit_of(SimulatedService(small_space()), tmp_path, 1)


def with_errors(audit: Audit, isolated: float, full: float, kendall: float) -> Audit:
    def figures(mape: float) -> Figures:
        return audit.figures["held_out"]["full"].model_copy(update={"mape_percent": mape, "kendall": kendall})

    return audit.model_copy(update={"figures": {"held_out": {"isolated": figures(isolated), "full": figures(full)}}})


def test_each_part_of_a_goal_is_met_or_missed_by_itself(audit: Audit) -> None:
    text = goal_text("onnxruntime", with_errors(audit, isolated=2.0, full=1.4, kendall=0.89))
    assert text == "MAPE <= 1.5 %: met, Kendall >= 0.9: MISSED, at most 0.5 of the isolated sum's error: MISSED"
    assert "MISSED" not in goal_text("tflite", with_errors(audit, isolated=3.0, full=1.2, kendall=0.97))


def test_a_noisy_audit_meets_and_misses_nothing(audit: Audit) -> None:
    text = goal_text("onnxruntime", audit.model_copy(update={"trust": "too_noisy", "figures": {}}))
    assert text.startswith("too noisy")


def test_runtimes_without_a_goal_have_none(audit: Audit) -> None:
    assert goal_text("torch", audit).startswith("no goal")
