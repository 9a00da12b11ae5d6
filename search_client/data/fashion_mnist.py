"""Fashion-MNIST: 70,000 grey images of clothes, padded from 28x28 to 32x32 and repeated over three channels.

Sources, in this order: the four published idx files in `<cache>/fashion-mnist`, put there by the user or by an earlier
run; where the Debian package `dataset-fashion-mnist` installs them; that package, downloaded with apt and unpacked.

Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747.
"""

import gzip
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_client.data.dataset import DataSetUnavailable, Images, ImageSet, images_from_numpy
from search_client.data.debian import fetch_debian_package

NAME = "fashion-mnist"
NUM_CLASSES = 10
ABOUT = (
    "70,000 grey images of 10 kinds of clothes, padded to 32x32. apt fetches it on Debian, or put the four published "
    "idx files there."
)
#: Of the padded training images.
MEAN, STD = (0.2190,) * 3, (0.3318,) * 3
DEBIAN_PACKAGE = "dataset-fashion-mnist"
#: SHA-256 of the published files.
PUBLISHED: Mapping[str, str] = {
    "train-images-idx3-ubyte.gz": "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1-ubyte.gz": "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
}

_DEBIAN_FOLDER = Path("usr/share/datasets/fashion-mnist")
_PADDING = 2
_UNSIGNED_BYTES = 0x08

#: From a package's name and an empty folder to the folder that holds the package's files.
Fetch = Callable[[str, Path], Path]


def is_here(cache_dir: Path, system_root: Path = Path("/")) -> bool:
    """Say whether nothing has to be fetched."""
    return _present(cache_dir / NAME, system_root, PUBLISHED) is not None


def load_fashion_mnist(
    cache_dir: Path,
    *,
    checksums: Mapping[str, str] = PUBLISHED,
    fetch: Fetch = fetch_debian_package,
    system_root: Path = Path("/"),
) -> ImageSet:
    """Return Fashion-MNIST; what is fetched is kept in the cache.

    Args:
        cache_dir: The data sets' cache; `fashion-mnist` below it is used, and made where it is not there.
        checksums: SHA-256 of the four files, by their names.
        fetch: Downloads the named Debian package and returns the folder of its files.
        system_root: What an installed package's files lie below.

    Raises:
        DataSetUnavailable: No source works, or a file does not hash to what was published.
    """
    folder = _found(cache_dir / NAME, checksums, fetch, system_root)
    content = {name: _verified(folder / name, checksum) for name, checksum in checksums.items()}
    return ImageSet(
        name=NAME,
        train=_images(content["train-images-idx3-ubyte.gz"], content["train-labels-idx1-ubyte.gz"]),
        test=_images(content["t10k-images-idx3-ubyte.gz"], content["t10k-labels-idx1-ubyte.gz"]),
        mean=MEAN,
        std=STD,
        num_classes=NUM_CLASSES,
        may_flip=True,
    )


def _present(cache: Path, system_root: Path, names: Iterable[str]) -> Path | None:
    """Return the folder that holds all files, or None."""
    folders = (cache, system_root / _DEBIAN_FOLDER)
    return next((folder for folder in folders if all((folder / name).exists() for name in names)), None)


def _found(cache: Path, checksums: Mapping[str, str], fetch: Fetch, system_root: Path) -> Path:
    present = _present(cache, system_root, checksums)
    if present is not None:
        return present
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as download_dir:
        fetched = _fetch_or_explain(fetch, Path(download_dir), cache, tuple(checksums)) / _DEBIAN_FOLDER
        for name, checksum in checksums.items():
            _verified(fetched / name, checksum)
        for name in checksums:
            shutil.move(fetched / name, cache / name)
    return cache


def _fetch_or_explain(fetch: Fetch, download_dir: Path, cache: Path, names: tuple[str, ...]) -> Path:
    try:
        return fetch(DEBIAN_PACKAGE, download_dir)
    except DataSetUnavailable as error:
        raise DataSetUnavailable(
            f"Fashion-MNIST is not here: {error}. Put {', '.join(names)} into {cache}, or choose the data set digits, "
            "which needs no download"
        ) from error


def _verified(path: Path, checksum: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataSetUnavailable(f"{path} cannot be read ({error})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise DataSetUnavailable(
            f"{path} is not Fashion-MNIST as published: its sha256 is {found}, and should be {checksum}; remove it and "
            "try again"
        )
    return content


def _images(pixels: bytes, labels: bytes) -> Images:
    grey = np.pad(_read_idx(pixels), ((0, 0), (_PADDING,) * 2, (_PADDING,) * 2))
    count, height, width = grey.shape
    return images_from_numpy(np.broadcast_to(grey[:, None], (count, 3, height, width)), _read_idx(labels))


def _read_idx(content: bytes) -> NDArray[np.uint8]:
    """Read an array of bytes: magic 0, 0, type, number of dimensions; each dimension, big-endian; the values.

    Source: LeCun, Cortes, Burges, The MNIST database, "file formats".
    """
    try:
        raw = gzip.decompress(content)
        dimensions = np.frombuffer(raw, dtype=">u4", count=raw[3], offset=4)
        values = np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * raw[3])
        if raw[:3] != bytes([0, 0, _UNSIGNED_BYTES]):
            raise ValueError("it does not start as an idx file of bytes does")
        return values.reshape(tuple(dimensions.tolist())).copy()  # bytes are read-only
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise DataSetUnavailable(f"an idx file cannot be read ({error}); fetch it again") from error
