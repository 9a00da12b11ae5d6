"""`image-folder`: photographs in a folder a class, as ImageNet is kept: `train/<class>/*` and `val/<class>/*`.

Images are decoded and augmented in worker processes; nothing is read ahead of its turn and nothing is kept, so that a
data set may be larger than the memory. Normalisation constants are ImageNet's.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from latency_service.contract.errors import InvalidInput
from search_client.data.augmentation.colour_jitter import ColourJitter
from search_client.data.dataset import DataSetUnavailable, ImageSet
from search_client.data.image_files import ImageFiles

NAME = "image-folder"
ABOUT = (
    "Photographs of your own or ImageNet: put or link train/<class>/* and val/<class>/* there, or name another root, "
    "as --data-set-param root=..."
)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
MOST_WORKERS = 8

_SUBSET_SEED = 0


def is_here(cache_dir: Path) -> bool:
    """Say whether there is such a folder in the cache."""
    return all((cache_dir / NAME / part).is_dir() for part in ("train", "val"))


def load_image_folder(
    cache_dir: Path,
    root: Path | None = None,
    resolution: int = 224,
    subset: float | None = None,
    workers: int | None = None,
) -> ImageSet:
    """Return a folder of images; its files are listed, none is opened.

    Args:
        cache_dir: The data sets' cache.
        root: Holds train and val; None for `image-folder` in the cache.
        resolution: Height and width that images are cropped to, pixels.
        subset: What is used of each class's training images: a share below 1, or a number of images from 1 on; None
            for all. The test images are always all there.
        workers: Processes that decode; None for one a core, eight at most.

    Raises:
        DataSetUnavailable: There is no such folder, or it holds no images.
        InvalidInput: A parameter is out of range, or val has a class that train has not.
    """
    if resolution < 1 or (workers is not None and workers < 0):
        raise InvalidInput(f"image-folder needs resolution >= 1 and workers >= 0, and got {resolution} and {workers}")
    folder = root or cache_dir / NAME
    classes = _classes(folder / "train")
    unknown = sorted(set(_classes(folder / "val")) - set(classes))
    if unknown:
        raise InvalidInput(f"{folder / 'val'} has classes that train has not: {', '.join(unknown[:5])}")
    return ImageSet(
        name=NAME,
        train=_listed(folder, "train", classes, resolution, subset),
        test=_listed(folder, "val", classes, resolution, None),
        mean=MEAN,
        std=STD,
        num_classes=len(classes),
        may_flip=True,
        colour_jitter=ColourJitter(),
        workers=min(MOST_WORKERS, os.cpu_count() or 1) if workers is None else workers,
    )


def _classes(folder: Path) -> tuple[str, ...]:
    """Return the names of the folders in it, sorted: a class's label is its place among them."""
    if not folder.is_dir():
        raise DataSetUnavailable(
            f"there is no folder {folder}: put a folder a class into it, or a link to where they are, or give another "
            "root that holds train and val"
        )
    return tuple(sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != "."))


def _listed(folder: Path, part: str, classes: Sequence[str], resolution: int, subset: float | None) -> ImageFiles:
    names: list[bytes] = []
    labels: list[int] = []
    generator = torch.Generator().manual_seed(_SUBSET_SEED)
    for label, name in enumerate(classes):
        members = _chosen(sorted(_image_names(folder, f"{part}/{name}")), subset, generator)
        names += members
        labels += [label] * len(members)
    if not names:
        raise DataSetUnavailable(f"{folder / part} holds no images: {', '.join(sorted(SUFFIXES))} are known")
    return ImageFiles(folder, np.array(names, dtype=np.bytes_), torch.tensor(labels), resolution)


def _image_names(folder: Path, below: str) -> Iterator[bytes]:
    if not (folder / below).is_dir():
        return  # a class may have no test images
    for entry in os.scandir(folder / below):
        if entry.name[0] != "." and Path(entry.name).suffix.lower() in SUFFIXES:
            yield os.fsencode(f"{below}/{entry.name}")


def _chosen(names: list[bytes], subset: float | None, generator: torch.Generator) -> list[bytes]:
    """Return a class's part of the subset; a smaller subset is a part of a larger one."""
    order = torch.randperm(len(names), generator=generator)
    return [names[index] for index in sorted(order[: _count(len(names), subset)].tolist())]


def _count(available: int, subset: float | None) -> int:
    if subset is None:
        return available
    if not (0 < subset < 1 or (subset >= 1 and subset == round(subset))):
        raise InvalidInput(f"subset is a share between 0 and 1, or a whole number of images a class, and is {subset:g}")
    return min(available, max(1, round(subset * available)) if subset < 1 else round(subset))
