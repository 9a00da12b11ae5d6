"""A small tree in the shape of ImageNet, some of its files damaged."""

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("n01", "n02", "n03")


def make_folder(root: Path, images_a_class: int = 6) -> Path:
    """Write a folder of photographs of different sizes; each shows its class in its red channel."""
    rng = np.random.default_rng(0)
    for part in ("train", "val"):
        for label, name in enumerate(CLASSES):
            (root / part / name).mkdir(parents=True)
            for number in range(images_a_class):
                write_photograph(root / part / name / f"{number}.JPEG", shade(label), rng)
    return root


def shade(label: int) -> int:
    """Return the red of a class's images."""
    return 40 + 80 * label


def write_photograph(path: Path, red: int, rng: np.random.Generator) -> None:
    """Write one image of a random size between 20 and 60 pixels."""
    height, width = rng.integers(20, 60, 2)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels[..., 0] = red
    Image.fromarray(pixels).save(path, quality=95)


def cut_off(path: Path) -> None:
    """Damage a file: its second half is lost."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
