"""The image operations that AutoAugment chooses from, each at a level from 0 to 9.

Source: Cubuk et al., AutoAugment, arXiv:1805.09501, appendix (the ranges, in ten even levels) and the authors' released
code (tensorflow/models, research/autoaugment): shears, translations and rotations go either way; a posterised or
solarised image changes more with a higher level; brightness, colour, contrast and sharpness go from 0.1 to 1.9, so that
level 0 takes most of them away and 4.5 changes nothing.
Departures: the released code posterises to 4 - level bits, where the paper's range is 4 to 8 bits; this follows the
paper. torchvision reads the last four as 1 +- 0.9 * level / 9; this follows the authors.
"""

from collections.abc import Callable, Mapping
from typing import Literal

from PIL import Image, ImageEnhance, ImageOps

from search_client.data.augmentation.cutout import Colour

OperationName = Literal[
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Rotate",
    "AutoContrast",
    "Invert",
    "Equalize",
    "Solarize",
    "Posterize",
    "Contrast",
    "Color",
    "Brightness",
    "Sharpness",
]
HIGHEST_LEVEL = 9
#: Of the image's side; the paper's 150 pixels are of 331.
LARGEST_TRANSLATION = 150 / 331
#: Magnitudes at level 0 and at the highest level.
MAGNITUDES: Mapping[OperationName, tuple[float, float]] = {
    "ShearX": (0.0, 0.3),
    "ShearY": (0.0, 0.3),
    "TranslateX": (0.0, LARGEST_TRANSLATION),
    "TranslateY": (0.0, LARGEST_TRANSLATION),
    "Rotate": (0.0, 30.0),
    "Solarize": (256.0, 0.0),
    "Posterize": (8.0, 4.0),
    "Contrast": (0.1, 1.9),
    "Color": (0.1, 1.9),
    "Brightness": (0.1, 1.9),
    "Sharpness": (0.1, 1.9),
}
#: Operations that go either way.
SIGNED = frozenset[OperationName]({"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"})


def magnitude(name: OperationName, level: int) -> float:
    """Return an operation's magnitude at a level, 0 to 9; 0 for the operations that have none."""
    lowest, highest = MAGNITUDES.get(name, (0.0, 0.0))
    return lowest + (highest - lowest) * level / HIGHEST_LEVEL


def apply_operation(image: Image.Image, name: OperationName, by: float, fill: Colour) -> Image.Image:
    """Return the image after one operation.

    Args:
        image: RGB.
        name: Which.
        by: Its magnitude, negative for the other way.
        fill: What moves in where the image moves out.
    """
    return _OPERATIONS[name](image, by, fill)


Operation = Callable[[Image.Image, float, Colour], Image.Image]


def _affine(image: Image.Image, matrix: tuple[float, ...], fill: Colour) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, matrix, fillcolor=fill)


def _shear_x(image: Image.Image, by: float, fill: Colour) -> Image.Image:
    return _affine(image, (1, by, 0, 0, 1, 0), fill)


def _shear_y(image: Image.Image, by: float, fill: Colour) -> Image.Image:
    return _affine(image, (1, 0, 0, by, 1, 0), fill)


def _translate_x(image: Image.Image, by: float, fill: Colour) -> Image.Image:
    return _affine(image, (1, 0, int(by * image.width), 0, 1, 0), fill)


def _translate_y(image: Image.Image, by: float, fill: Colour) -> Image.Image:
    return _affine(image, (1, 0, 0, 0, 1, int(by * image.height)), fill)


_OPERATIONS: Mapping[OperationName, Operation] = {
    "ShearX": _shear_x,
    "ShearY": _shear_y,
    "TranslateX": _translate_x,
    "TranslateY": _translate_y,
    "Rotate": lambda image, by, fill: image.rotate(by, fillcolor=fill),
    "AutoContrast": lambda image, by, fill: ImageOps.autocontrast(image),
    "Invert": lambda image, by, fill: ImageOps.invert(image),
    "Equalize": lambda image, by, fill: ImageOps.equalize(image),
    "Solarize": lambda image, by, fill: ImageOps.solarize(image, round(by)),
    "Posterize": lambda image, by, fill: ImageOps.posterize(image, round(by)),
    "Contrast": lambda image, by, fill: ImageEnhance.Contrast(image).enhance(by),
    "Color": lambda image, by, fill: ImageEnhance.Color(image).enhance(by),
    "Brightness": lambda image, by, fill: ImageEnhance.Brightness(image).enhance(by),
    "Sharpness": lambda image, by, fill: ImageEnhance.Sharpness(image).enhance(by),
}
