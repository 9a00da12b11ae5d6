"""AutoAugment: each training image goes through one sub-policy of a learned policy, drawn at random.

Source: Cubuk et al., arXiv:1805.09501, section 3.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from search_client.data.augmentation.cutout import Colour
from search_client.data.augmentation.image_operations import SIGNED, apply_operation, magnitude
from search_client.data.augmentation.pillow import to_pillow, to_tensor
from search_client.data.augmentation.policies import POLICIES, PolicyName
from search_client.data.augmentation.transform import below, uniform
from search_client.registry import pick


@dataclass(frozen=True)
class AutoAugment:
    """Applies a published policy.

    Attributes:
        policy: Which.
        fill: What moves in where an image is moved, 0 to 255 a channel.

    Raises:
        UnknownName: There is no such policy.
    """

    policy: PolicyName
    fill: Colour

    def __post_init__(self) -> None:
        pick(POLICIES, self.policy, "AutoAugment policy")

    def __call__(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Change an image, uint8 of shape (3, H, W), by one sub-policy."""
        sub_policies = POLICIES[self.policy]
        changed = to_pillow(image)
        for step in sub_policies[below(len(sub_policies), generator)]:
            is_applied, is_negative = uniform(0, 1, generator) < step.probability, below(2, generator) == 1
            if is_applied:
                by = magnitude(step.operation, step.level)
                turned = -by if is_negative and step.operation in SIGNED else by
                changed = apply_operation(changed, step.operation, turned, self.fill)
        return to_tensor(changed)
