from pathlib import Path

from search_client.audit.page import render_page
from tests.unit.search_client.audit.accounts import audit_of, with_published
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.small_space import small_space


def test_a_page_holds_figures_noise_picture_and_ops(tmp_path: Path) -> None:
    audit = with_published(SimulatedService(small_space()), tmp_path)
    page = render_page(audit)
    assert page.count("<svg") == 1
    assert all(text in page for text in ("full correction", "Held-out random networks", "needs --sessions 2"))
    assert all(text in page for text in ("Published networks", "proxyless-gpu", str(audit.differences[0].op)))
    assert "src=" not in page
    assert "href=" not in page.replace("xlink:href=", "")


def test_names_are_text_and_not_markup(tmp_path: Path) -> None:
    audit = audit_of(SimulatedService(small_space()), tmp_path, 1)
    assert "<b>bold</b>" not in render_page(audit.model_copy(update={"left_out": {"<b>bold</b>": "why"}}))


def test_a_noisy_audit_has_a_page_without_judged_figures(tmp_path: Path) -> None:
    service = SimulatedService(small_space())
    service.verdict = "noisy"
    page = render_page(audit_of(service, tmp_path, 1))
    assert "too noisy to judge" in page
    assert "Held-out random networks" not in page
