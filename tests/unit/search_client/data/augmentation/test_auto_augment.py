import pytest
import torch
from torch import Tensor

from search_client.data.augmentation import auto_augment
from search_client.data.augmentation.auto_augment import AutoAugment
from search_client.data.augmentation.image_operations import apply_operation
from search_client.data.augmentation.pillow import to_pillow, to_tensor
from search_client.data.augmentation.policies import PolicyName, Step
from tests.unit.search_client.data.augmentation.photographs import generator, photograph

FILL = (128, 128, 128)


def use_policy(monkeypatch: pytest.MonkeyPatch, *sub_policies: tuple[Step, Step]) -> None:
    monkeypatch.setattr(auto_augment, "POLICIES", {"cifar10": sub_policies})


def inverted(image: Tensor) -> Tensor:
    return 255 - image


@pytest.mark.parametrize("policy", ["cifar10", "imagenet"])
def test_images_stay_images_and_the_same_generator_changes_them_the_same_way(policy: PolicyName) -> None:
    transform, image = AutoAugment(policy, FILL), photograph()
    outcomes = set()
    for seed in range(60):
        changed = transform(image, generator(seed))
        assert (changed.dtype, changed.shape) == (torch.uint8, image.shape)
        assert torch.equal(changed, transform(image, generator(seed)))
        outcomes.add(changed.numpy().tobytes())
    assert len(outcomes) > 15


def test_both_operations_are_applied_one_behind_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    use_policy(monkeypatch, (Step("Invert", 1.0), Step("Posterize", 1.0, 9)))
    image = photograph()
    assert torch.equal(AutoAugment("cifar10", FILL)(image, generator()), inverted(image) & 0b11110000)


def test_an_operation_is_applied_as_often_as_its_probability_says(monkeypatch: pytest.MonkeyPatch) -> None:
    use_policy(monkeypatch, (Step("Invert", 0.3), Step("Invert", 0.0)))
    image, draws = photograph(), generator()
    count = sum(torch.equal(AutoAugment("cifar10", FILL)(image, draws), inverted(image)) for _ in range(1000))
    assert 250 < count < 350


def test_every_sub_policy_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    none = Step("Invert", 0.0)
    use_policy(monkeypatch, *((Step("Posterize", 1.0, level), none) for level in (0, 5, 9)))
    draws, image = generator(), photograph()
    seen = {AutoAugment("cifar10", FILL)(image, draws).numpy().tobytes() for _ in range(50)}
    assert len(seen) == 3


def test_shifts_go_either_way_and_enhancements_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    none, image, draws = Step("Invert", 0.0), photograph(), generator()
    use_policy(monkeypatch, (Step("Rotate", 1.0, 9), none))
    turned = {AutoAugment("cifar10", FILL)(image, draws).numpy().tobytes() for _ in range(20)}
    rotations = {to_tensor(apply_operation(to_pillow(image), "Rotate", by, FILL)).numpy().tobytes() for by in (-30, 30)}
    assert turned == rotations
    use_policy(monkeypatch, (Step("Brightness", 1.0, 0), none))
    assert len({AutoAugment("cifar10", FILL)(image, draws).numpy().tobytes() for _ in range(20)}) == 1
