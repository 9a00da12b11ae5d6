import pytest

from latency_service.contract.errors import ResultMismatch
from latency_service.contract.measurement import Measurement
from latency_service.contract.summary import summarize
from latency_service.services.arrivals import check_summaries
from tests.service_data import fed_measurement, measurement


def changed(disturbed: tuple[int, ...] = (), summary: dict[str, float] | None = None) -> Measurement:
    honest = measurement()
    return honest.model_copy(
        update={"disturbed": disturbed, "summary": honest.summary.model_copy(update=summary or {})}
    )


def test_an_honest_summary_passes() -> None:
    check_summaries(measurement())


def test_rounding_passes() -> None:
    check_summaries(changed(summary={"median_ms": measurement().summary.median_ms * (1 + 1e-9)}))


@pytest.mark.parametrize("member", ["n", "median_ms", "ci_high_ms", "p95_ms", "severe_outliers"])
def test_a_summary_that_differs_is_refused_by_the_name_of_what_differs(member: str) -> None:
    with pytest.raises(ResultMismatch, match=f"summary.{member} is"):
        check_summaries(changed(summary={member: 3}))


def test_disturbed_samples_do_not_count() -> None:
    with pytest.raises(ResultMismatch):
        check_summaries(changed(disturbed=(0, 1)))
    honest = measurement()
    summary = summarize(honest.samples_ms[2:])
    check_summaries(honest.model_copy(update={"disturbed": (0, 1), "summary": summary}))


def test_where_all_samples_are_disturbed_all_count() -> None:
    check_summaries(changed(disturbed=tuple(range(7))))


@pytest.mark.parametrize("part", ["chain", "alone"])
def test_the_summaries_behind_a_difference_are_checked_too(part: str) -> None:
    honest = fed_measurement(1.0, 0.8)
    check_summaries(honest)
    assert honest.in_context is not None
    timings = getattr(honest.in_context, part)
    told = timings.summary.model_copy(update={"median_ms": 3.0})
    context = honest.in_context.model_copy(update={part: timings.model_copy(update={"summary": told})})
    with pytest.raises(ResultMismatch, match=f"in_context.{part}.summary.median_ms is 3.0"):
        check_summaries(honest.model_copy(update={"in_context": context}))
