from pathlib import Path

import pytest

from search_client.audit.account import Audit
from search_client.audit.picture import picture
from tests.unit.search_client.audit.accounts import SETTINGS, audit_of, with_published
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return with_published(SimulatedService(small_space()), tmp_path)


def test_each_predictor_has_its_panel_and_each_group_its_points(audit: Audit) -> None:
    svg = picture(audit, "svg").decode()
    assert all(f"<!-- {title} -->" in svg for title in ("sum of isolated values", "one scale", "full correction"))
    assert all(f"<!-- session 1, {group} -->" in svg for group in ("held out", "published"))


def test_the_same_account_gives_the_same_file(audit: Audit) -> None:
    assert picture(audit, "svg") == picture(audit, "svg")
    assert picture(audit, "png").startswith(b"\x89PNG")


def test_without_anchors_there_are_two_panels(tmp_path: Path) -> None:
    service = SimulatedService(small_space())
    svg = picture(audit_of(service, tmp_path, 1, SETTINGS.model_copy(update={"anchors": 0})), "svg").decode()
    assert "<!-- one scale -->" not in svg
    assert "<!-- sum of isolated values -->" in svg
