"""The published AutoAugment policies: 25 sub-policies each, of two operations with a probability and a level.

Source: Cubuk et al., AutoAugment, arXiv:1805.09501, appendix. Operations without a magnitude have level 0 here.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from search_client.data.augmentation.image_operations import OperationName

PolicyName = Literal["cifar10", "imagenet"]


class Step(NamedTuple):
    """One operation of a sub-policy.

    Attributes:
        probability: That it is applied, 0 to 1.
        level: Of its magnitude, 0 to 9.
    """

    operation: OperationName
    probability: float
    level: int = 0


SubPolicy = tuple[Step, Step]

CIFAR10: tuple[SubPolicy, ...] = (
    (Step("Invert", 0.1), Step("Contrast", 0.2, 6)),
    (Step("Rotate", 0.7, 2), Step("TranslateX", 0.3, 9)),
    (Step("Sharpness", 0.8, 1), Step("Sharpness", 0.9, 3)),
    (Step("ShearY", 0.5, 8), Step("TranslateY", 0.7, 9)),
    (Step("AutoContrast", 0.5), Step("Equalize", 0.9)),
    (Step("ShearY", 0.2, 7), Step("Posterize", 0.3, 7)),
    (Step("Color", 0.4, 3), Step("Brightness", 0.6, 7)),
    (Step("Sharpness", 0.3, 9), Step("Brightness", 0.7, 9)),
    (Step("Equalize", 0.6), Step("Equalize", 0.5)),
    (Step("Contrast", 0.6, 7), Step("Sharpness", 0.6, 5)),
    (Step("Color", 0.7, 7), Step("TranslateX", 0.5, 8)),
    (Step("Equalize", 0.3), Step("AutoContrast", 0.4)),
    (Step("TranslateY", 0.4, 3), Step("Sharpness", 0.2, 6)),
    (Step("Brightness", 0.9, 6), Step("Color", 0.2, 8)),
    (Step("Solarize", 0.5, 2), Step("Invert", 0.0)),
    (Step("Equalize", 0.2), Step("AutoContrast", 0.6)),
    (Step("Equalize", 0.2), Step("Equalize", 0.6)),
    (Step("Color", 0.9, 9), Step("Equalize", 0.6)),
    (Step("AutoContrast", 0.8), Step("Solarize", 0.2, 8)),
    (Step("Brightness", 0.1, 3), Step("Color", 0.7, 0)),
    (Step("Solarize", 0.4, 5), Step("AutoContrast", 0.9)),
    (Step("TranslateY", 0.9, 9), Step("TranslateY", 0.7, 9)),
    (Step("AutoContrast", 0.9), Step("Solarize", 0.8, 3)),
    (Step("Equalize", 0.8), Step("Invert", 0.1)),
    (Step("TranslateY", 0.7, 9), Step("AutoContrast", 0.9)),
)

IMAGENET: tuple[SubPolicy, ...] = (
    (Step("Posterize", 0.4, 8), Step("Rotate", 0.6, 9)),
    (Step("Solarize", 0.6, 5), Step("AutoContrast", 0.6)),
    (Step("Equalize", 0.8), Step("Equalize", 0.6)),
    (Step("Posterize", 0.6, 7), Step("Posterize", 0.6, 6)),
    (Step("Equalize", 0.4), Step("Solarize", 0.2, 4)),
    (Step("Equalize", 0.4), Step("Rotate", 0.8, 8)),
    (Step("Solarize", 0.6, 3), Step("Equalize", 0.6)),
    (Step("Posterize", 0.8, 5), Step("Equalize", 1.0)),
    (Step("Rotate", 0.2, 3), Step("Solarize", 0.6, 8)),
    (Step("Equalize", 0.6), Step("Posterize", 0.4, 6)),
    (Step("Rotate", 0.8, 8), Step("Color", 0.4, 0)),
    (Step("Rotate", 0.4, 9), Step("Equalize", 0.6)),
    (Step("Equalize", 0.0), Step("Equalize", 0.8)),
    (Step("Invert", 0.6), Step("Equalize", 1.0)),
    (Step("Color", 0.6, 4), Step("Contrast", 1.0, 8)),
    (Step("Rotate", 0.8, 8), Step("Color", 1.0, 2)),
    (Step("Color", 0.8, 8), Step("Solarize", 0.8, 7)),
    (Step("Sharpness", 0.4, 7), Step("Invert", 0.6)),
    (Step("ShearX", 0.6, 5), Step("Equalize", 1.0)),
    (Step("Color", 0.4, 0), Step("Equalize", 0.6)),
    (Step("Equalize", 0.4), Step("Solarize", 0.2, 4)),
    (Step("Solarize", 0.6, 5), Step("AutoContrast", 0.6)),
    (Step("Invert", 0.6), Step("Equalize", 1.0)),
    (Step("Color", 0.6, 4), Step("Contrast", 1.0, 8)),
    (Step("Equalize", 0.8), Step("Equalize", 0.6)),
)

POLICIES: Mapping[str, tuple[SubPolicy, ...]] = {"cifar10": CIFAR10, "imagenet": IMAGENET}
