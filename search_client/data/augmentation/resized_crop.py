"""Crops of photographs of any size: a random part for training, the centre for evaluation.

Source: Szegedy et al., Going Deeper with Convolutions, arXiv:1409.4842, section 6 (8 % to 100 % of the area, aspect
ratio 3/4 to 4/3); the centre of 87.5 % as ProxylessNAS released it (256 to 224 pixels).
"""

import math

import torch
from PIL import Image

from search_client.data.augmentation.transform import below, uniform

LEAST_AREA_SHARE = 0.08
ASPECT_RATIOS = (3 / 4, 4 / 3)
CENTRE_SHARE = 0.875

_TRIES = 10

#: Left, top, right, bottom, pixels.
Box = tuple[int, int, int, int]


def random_resized_crop(image: Image.Image, resolution: int, generator: torch.Generator) -> Image.Image:
    """Return a random part of an image, resized to a square of `resolution` pixels."""
    box = random_box(image.width, image.height, generator)
    return image.resize((resolution, resolution), Image.Resampling.BILINEAR, box=box)


def centre_crop(image: Image.Image, resolution: int) -> Image.Image:
    """Return the centre: the shorter side is resized to resolution / 87.5 %, then a square is cut."""
    shorter = round(resolution / CENTRE_SHARE)
    scale = shorter / min(image.size)
    width, height = (max(shorter, round(side * scale)) for side in image.size)
    left, top = (width - resolution) // 2, (height - resolution) // 2
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return resized.crop((left, top, left + resolution, top + resolution))


def random_box(width: int, height: int, generator: torch.Generator) -> Box:
    """Draw a part of an image: its area uniformly, the logarithm of its aspect ratio uniformly, then its place.

    Where ten draws do not fit into the image, the largest centred part of a permitted aspect ratio is taken.
    """
    lowest, highest = ASPECT_RATIOS
    for _ in range(_TRIES):
        area = width * height * uniform(LEAST_AREA_SHARE, 1, generator)
        ratio = math.exp(uniform(math.log(lowest), math.log(highest), generator))
        box_width, box_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < box_width <= width and 0 < box_height <= height:
            left, top = below(width - box_width + 1, generator), below(height - box_height + 1, generator)
            return left, top, left + box_width, top + box_height
    box_width = max(1, min(width, round(height * highest)))
    box_height = max(1, min(height, round(width / lowest)))
    left, top = (width - box_width) // 2, (height - box_height) // 2
    return left, top, left + box_width, top + box_height
