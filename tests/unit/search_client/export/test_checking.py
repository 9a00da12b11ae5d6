import numpy as np
import pytest
import torch
from torch import nn

from latency_service.contract.ops import Shape
from search_client.export.checking import ExportDiffers, check_export
from search_client.export.model_file import ModelPrecision
from tests.unit.search_client.training.small_run import small_images

IMAGE_SET = small_images()


class Shades(nn.Module):
    """Tells the four classes apart by the mean shade."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        levels = torch.linspace(-1.0, 0.5, 4)
        return -((images.mean(dim=(1, 2, 3))[:, None] - levels) ** 2)


class Shifted:
    """A session whose first logit is off."""

    runtime = "shifted 1.0"
    input_shape = Shape(16, 16, 3)

    def __init__(self, by: float) -> None:
        self._by = np.array([by, 0, 0, 0], np.float32)

    def logits(self, image: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        exact: np.ndarray = Shades()(torch.from_numpy(image[np.newaxis])).numpy()[0]  # type: ignore[type-arg]
        return exact + self._by


def test_a_file_that_agrees_is_described() -> None:
    check = check_export(Shifted(5e-5), Shades(), "fp32", IMAGE_SET.test, IMAGE_SET)
    assert (check.runtime, check.images) == ("shifted 1.0", 320)
    assert check.accuracy == check.torch_accuracy
    assert check.largest_difference == pytest.approx(5e-5, rel=0.05)


@pytest.mark.parametrize("by", [1e-3, float("nan")])
def test_a_float_file_that_says_something_else_is_an_error(by: float) -> None:
    with pytest.raises(ExportDiffers, match=r"shifted 1\.0"):
        check_export(Shifted(by), Shades(), "fp32", IMAGE_SET.test, IMAGE_SET)


def test_integers_may_differ_and_their_accuracy_is_their_own() -> None:
    precision: ModelPrecision = "int8"
    check = check_export(Shifted(100.0), Shades(), precision, IMAGE_SET.test, IMAGE_SET)
    assert check.accuracy == pytest.approx(0.25)  # all are taken for the first class
    assert check.torch_accuracy > 0.25
