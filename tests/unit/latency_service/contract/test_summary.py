import pytest

from latency_service.contract.summary import quantile, summarize, summarize_rounds


def test_outliers_are_classified_counted_and_kept() -> None:
    samples = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 2.3, 9.0]
    summary = summarize(samples)
    assert (summary.n, summary.mild_outliers, summary.severe_outliers) == (9, 1, 1)
    assert summary.median_ms == 1.4
    assert summary.mad_ms == pytest.approx(0.2)
    assert summary.relative_ci == pytest.approx((summary.ci_high_ms - summary.ci_low_ms) / 2 / 1.4)


def test_quantiles_are_interpolated() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.75) == pytest.approx(3.0)
    assert quantile([5.0], 0.95) == 5.0


def test_the_summary_of_rounds_is_that_of_all_their_samples_but_for_the_interval() -> None:
    rounds = [[1.0 + 0.001 * i for i in range(8)] for _ in range(3)] + [[1.3 + 0.001 * i for i in range(8)]]
    flat, by_round = summarize([sample for one in rounds for sample in one]), summarize_rounds(rounds)
    assert by_round.model_copy(update={"ci_low_ms": flat.ci_low_ms, "ci_high_ms": flat.ci_high_ms}) == flat
    assert by_round.ci_high_ms > 1.3 > flat.ci_high_ms
