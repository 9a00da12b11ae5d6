import pytest
import torch
from torch.nn import functional as F

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.soft_labels import soft_labels
from tests.unit.search_client.data.augmentation.photographs import generator

LABELS = torch.tensor([2, 0, 1])


def test_without_smoothing_they_are_one_hot() -> None:
    assert soft_labels(LABELS, 3).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_smoothing_spreads_its_share_over_all_classes() -> None:
    torch.testing.assert_close(soft_labels(LABELS[:1], 4, 0.1), torch.tensor([[0.025, 0.025, 0.925, 0.025]]))


def test_the_loss_is_that_of_torchs_label_smoothing() -> None:
    logits = torch.randn(3, 5, generator=generator())
    expected = F.cross_entropy(logits, LABELS, label_smoothing=0.2)
    torch.testing.assert_close(F.cross_entropy(logits, soft_labels(LABELS, 5, 0.2)), expected)


@pytest.mark.parametrize("smoothing", [-0.1, 1.1])
def test_a_smoothing_out_of_range_is_refused(smoothing: float) -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        soft_labels(LABELS, 3, smoothing)
