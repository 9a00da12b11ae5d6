import pytest

from benchmarks.published_networks import account
from tests.unit.search_client.comparison.matrices import CPU, cell


def test_an_account_tells_errors_and_order_with_and_without_the_common_factor() -> None:
    predicted, measured = (2.2, 1.1, 3.6), (2.0, 1.0, 4.0)
    cells = [
        cell(f"n{index}", CPU, found).model_copy(update={"predicted_ms": promise})
        for index, (promise, found) in enumerate(zip(predicted, measured, strict=True))
    ]
    found = account("onnxruntime", ["a", "b", "c"], cells)
    assert [each.error_percent for each in found.predictions] == pytest.approx([10, 10, -10])
    assert [each.steadied_error_percent for each in found.predictions] == pytest.approx([0, 0, -100 * 0.2 / 1.1])
    assert found.mean_error_percent == pytest.approx(10)
    assert (found.kendall, found.spearman) == (1, 1)
