import gzip
import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from search_client.data.dataset import DataSetUnavailable, ImageSet
from search_client.data.fashion_mnist import PUBLISHED, is_here, load_fashion_mnist
from tests.unit.search_client.data.in_memory import in_memory

FOLDER = "usr/share/datasets/fashion-mnist"
RNG = np.random.default_rng(0)
PIXELS = {
    "train": RNG.integers(1, 256, (6, 28, 28), dtype=np.uint8),
    "t10k": RNG.integers(1, 256, (2, 28, 28), np.uint8),
}
LABELS = {"train": np.arange(6, dtype=np.uint8), "t10k": np.array([9, 3], dtype=np.uint8)}


def idx(values: NDArray[np.uint8]) -> bytes:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.tobytes())


FILES = {f"{part}-images-idx3-ubyte.gz": idx(PIXELS[part]) for part in PIXELS} | {
    f"{part}-labels-idx1-ubyte.gz": idx(LABELS[part]) for part in LABELS
}
CHECKSUMS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


def write(folder: Path, files: Mapping[str, bytes] = FILES) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def no_fetch(package: str, _into: Path) -> Path:
    raise DataSetUnavailable(f"nothing fetches {package} here")


def fetch(package: str, into: Path) -> Path:
    assert package == "dataset-fashion-mnist"
    write(into / "unpacked" / FOLDER)
    return into / "unpacked"


def load(cache: Path, checksums: Mapping[str, str] = CHECKSUMS, may_fetch: bool = False) -> ImageSet:
    root = cache / "root"  # where nothing is installed, unless a test does
    return load_fashion_mnist(cache, checksums=checksums, fetch=fetch if may_fetch else no_fetch, system_root=root)


def test_images_are_padded_to_32_pixels_and_repeated_over_the_channels(tmp_path: Path) -> None:
    write(tmp_path / "fashion-mnist")
    images = load(tmp_path)
    for part, name in ((images.train, "train"), (images.test, "t10k")):
        assert in_memory(part).pixels.shape == (len(PIXELS[name]), 3, 32, 32)
        assert part.labels.tolist() == LABELS[name].tolist()
        for channel in in_memory(part).pixels.numpy().transpose(1, 0, 2, 3):
            assert (channel[:, 2:30, 2:30] == PIXELS[name]).all()
            assert channel.astype(int).sum() == PIXELS[name].astype(int).sum()


def test_an_installed_debian_package_is_read_where_it_lies(tmp_path: Path) -> None:
    write(tmp_path / "root" / FOLDER)
    assert len(load(tmp_path).train) == 6
    assert not (tmp_path / "fashion-mnist").exists()


def test_what_is_fetched_is_kept_in_the_cache_and_nothing_else_with_it(tmp_path: Path) -> None:
    assert len(load(tmp_path, may_fetch=True).train) == 6
    assert {path.name for path in (tmp_path / "fashion-mnist").iterdir()} == set(FILES)
    assert len(load(tmp_path).train) == 6


def test_a_file_with_another_checksum_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(DataSetUnavailable, match=r"t10k-labels.*not Fashion-MNIST as published"):
        load(tmp_path, CHECKSUMS | {"t10k-labels-idx1-ubyte.gz": "0" * 64}, may_fetch=True)
    assert not list((tmp_path / "fashion-mnist").iterdir())


def test_no_source_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataSetUnavailable, match=r"train-images-idx3-ubyte\.gz.*digits"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"\0\0"), gzip.compress(b"\0\0\x0d\1\0\0\0\1\0"), idx(LABELS["train"])[:-9]],
    ids=["empty", "no gzip", "too short", "other dimensions", "cut off"],
)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, content: bytes) -> None:
    damaged = FILES | {"train-labels-idx1-ubyte.gz": content}
    write(tmp_path / "fashion-mnist", damaged)
    with pytest.raises(DataSetUnavailable, match="idx file cannot be read"):
        load(tmp_path, {name: hashlib.sha256(content).hexdigest() for name, content in damaged.items()})


def test_the_published_checksums_cover_every_file() -> None:
    assert set(PUBLISHED) == set(FILES)


def test_it_is_here_once_all_four_files_are_in_the_cache_or_installed(tmp_path: Path) -> None:
    cache, system_root = tmp_path / "cache", tmp_path / "root"
    write(cache / "fashion-mnist", dict(list(FILES.items())[:3]))
    assert not is_here(cache, system_root)
    write(system_root / FOLDER)
    assert is_here(cache, system_root)
