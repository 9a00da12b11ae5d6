import pytest

from latency_service.contract.errors import ResultMismatch
from latency_service.contract.measurement import Measurement
from latency_service.contract.summary import summarize
from latency_service.services.arrivals import check_summary
from tests.service_data import measurement


def changed(disturbed: tuple[int, ...] = (), summary: dict[str, float] | None = None) -> Measurement:
    honest = measurement()
    return honest.model_copy(
        update={"disturbed": disturbed, "summary": honest.summary.model_copy(update=summary or {})}
    )


def test_an_honest_summary_passes() -> None:
    check_summary(measurement())


def test_rounding_passes() -> None:
    check_summary(changed(summary={"median_ms": measurement().summary.median_ms * (1 + 1e-9)}))


@pytest.mark.parametrize("member", ["n", "median_ms", "ci_high_ms", "p95_ms", "severe_outliers"])
def test_a_summary_that_differs_is_refused_by_the_name_of_what_differs(member: str) -> None:
    with pytest.raises(ResultMismatch, match=f"summary.{member} is"):
        check_summary(changed(summary={member: 3}))


def test_disturbed_samples_do_not_count() -> None:
    with pytest.raises(ResultMismatch):
        check_summary(changed(disturbed=(0, 1)))
    honest = measurement()
    summary = summarize(honest.samples_ms[2:])
    check_summary(honest.model_copy(update={"disturbed": (0, 1), "summary": summary}))


def test_where_all_samples_are_disturbed_all_count() -> None:
    check_summary(changed(disturbed=tuple(range(7))))
