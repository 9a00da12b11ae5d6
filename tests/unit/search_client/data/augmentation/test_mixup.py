import pytest
import torch
from torch.nn import functional as F

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.mixup import mixup
from search_client.data.augmentation.soft_labels import soft_labels
from tests.unit.search_client.data.augmentation.photographs import generator

IMAGES = torch.rand(6, 3, 4, 4, generator=generator(1))
LABELS = soft_labels(torch.arange(6) % 4, 4)


def ratios(alpha: float, count: int) -> torch.Tensor:
    """Return the ratio of many mixups, read off a batch of 0, 1, 2, ... that is mixed with itself in another order."""
    draws = generator()
    found: list[float] = []
    while len(found) < count:
        marks, rows = torch.tensor([[0.0], [1.0]]), torch.eye(2)
        mixed, _ = mixup(marks.view(2, 1, 1, 1), rows, alpha, draws)
        first = float(mixed.flatten()[0])
        if float(mixed.sum()) == pytest.approx(1) and first != 0:  # the two changed places
            found.append(1 - first)
    return torch.tensor(found)


def test_images_and_labels_are_blended_with_the_same_partner_by_the_same_ratio() -> None:
    images, shares = mixup(IMAGES, torch.eye(6), 1.0, generator())  # row i: the share of each image in image i
    torch.testing.assert_close(images, torch.einsum("ij,jchw->ichw", shares, IMAGES))
    assert all(int((row > 0).sum()) in (1, 2) for row in shares)
    blended = shares.diagonal()[shares.diagonal() < 1]
    assert len(blended) > 1
    torch.testing.assert_close(blended, blended[:1].expand_as(blended))


def test_the_loss_on_mixed_labels_is_the_convex_combination_of_both_losses() -> None:
    logits = torch.randn(6, 4, generator=generator(2))
    _, mixed = mixup(IMAGES, LABELS, 0.7, generator())
    _, shares = mixup(IMAGES, torch.eye(6), 0.7, generator())
    loss_of_pair = F.cross_entropy(
        logits.repeat_interleave(6, 0), LABELS.argmax(1).repeat(6), reduction="none"
    )  # of logits i with label j, at 6 i + j
    torch.testing.assert_close(F.cross_entropy(logits, mixed), (shares * loss_of_pair.view(6, 6)).sum(1).mean())


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_the_ratio_is_beta_distributed(alpha: float) -> None:
    """Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1))."""
    found = ratios(alpha, 1500)
    assert float(found.mean()) == pytest.approx(0.5, abs=0.04)
    assert float(found.var()) == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_the_labels_stay_distributions_and_the_batch_mean_stays() -> None:
    images, labels = mixup(IMAGES, LABELS, 0.2, generator())
    torch.testing.assert_close(labels.sum(1), torch.ones(6))
    torch.testing.assert_close(images.mean(0), IMAGES.mean(0))
    torch.testing.assert_close(labels.mean(0), LABELS.mean(0))


def test_the_same_generator_blends_the_same_way() -> None:
    assert torch.equal(mixup(IMAGES, LABELS, 0.2, generator(5))[0], mixup(IMAGES, LABELS, 0.2, generator(5))[0])


def test_an_alpha_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="alpha above 0"):
        mixup(IMAGES, LABELS, 0.0, generator())
