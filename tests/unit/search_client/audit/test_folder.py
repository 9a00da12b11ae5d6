from pathlib import Path

import pytest

from latency_service.contract.errors import InvalidInput
from search_client.audit.folder import AuditFolder
from tests.unit.search_client.audit.accounts import SETTINGS, plan_for
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"space_params": {"stage_widths": (1, 2), "width_mult": 1.0}})
    plan = plan_for(SimulatedService(small_space()), settings)
    AuditFolder(tmp_path / "new").write_plan(plan)
    assert AuditFolder(tmp_path / "new").plan(settings) == plan
    assert AuditFolder(tmp_path / "none").plan(settings) is None


def test_a_folder_goes_on_with_its_own_audit_alone(tmp_path: Path) -> None:
    AuditFolder(tmp_path).write_plan(plan_for(SimulatedService(small_space())))
    with pytest.raises(InvalidInput, match="another seed, anchors: give another --output"):
        AuditFolder(tmp_path).plan(SETTINGS.model_copy(update={"seed": 5, "anchors": 0}))


def test_what_is_no_session_is_named(tmp_path: Path) -> None:
    (tmp_path / "session-1.json").write_text("{}")
    with pytest.raises(InvalidInput, match=r"session-1\.json cannot be read"):
        AuditFolder(tmp_path).session(1)
