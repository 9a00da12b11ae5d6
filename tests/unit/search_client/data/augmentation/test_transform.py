import torch
from torch import Tensor

from search_client.data.augmentation.transform import Composed, below, uniform
from tests.unit.search_client.data.augmentation.photographs import generator, photograph


def halved(image: Tensor, _generator: torch.Generator) -> Tensor:
    return image // 2


def darker(image: Tensor, _generator: torch.Generator) -> Tensor:
    return image - image.clamp(max=10)


def test_steps_are_taken_in_their_order() -> None:
    image = photograph()
    assert torch.equal(Composed((halved, darker))(image, generator()), darker(halved(image, generator()), generator()))


def test_no_step_leaves_the_image() -> None:
    image = photograph()
    assert torch.equal(Composed(())(image, generator()), image)


def test_draws_cover_their_range_evenly() -> None:
    draws = generator()
    numbers = torch.tensor([uniform(-1, 3, draws) for _ in range(4000)])
    assert -1 <= float(numbers.min()) < -0.99
    assert 2.99 < float(numbers.max()) < 3
    assert abs(float(numbers.mean()) - 1) < 0.1
    assert torch.tensor([below(5, draws) for _ in range(5000)]).bincount().min() > 850
