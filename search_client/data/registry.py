"""The data sets by name, and `auto`: CIFAR-10 where it can be had, else digits with a notice."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from search_client.data import cifar10, digits, fashion_mnist, image_folder
from search_client.data.dataset import DataSetUnavailable, ImageSet
from search_client.registry import build, pick

AUTO = "auto"


class DataSetEntry(NamedTuple):
    """A data set that is known by name.

    Attributes:
        load: From the data sets' cache, and parameters of its own, to the data set.
        is_here: Whether loading it from this cache would fetch nothing.
        about: What it is, and what a person may put into its folder of the cache.
    """

    load: Callable[..., ImageSet]
    is_here: Callable[[Path], bool]
    about: str


def load_data_set(name: str, cache_dir: Path, **params: Any) -> ImageSet:
    """Return a data set by name, fetched into `cache_dir` where it is not there yet.

    Only `auto` ever puts one data set in another's place, and then says so in `ImageSet.notice`.

    Args:
        name: One of `data_set_names()`.
        cache_dir: Where data sets are kept.
        params: What the data set takes: `image-folder` root, resolution, subset and workers, the others nothing.

    Raises:
        UnknownName: No data set has that name.
        InvalidInput: The data set takes no such parameter.
        DataSetUnavailable: It can neither be read nor fetched.
    """
    loaders = {known: entry.load for known, entry in _ENTRIES.items()}
    return build(loaders, name, "data set", {"cache_dir": cache_dir, **params})


def data_set_names() -> tuple[str, ...]:
    """Return every name that `load_data_set` knows."""
    return tuple(_ENTRIES)


def data_set_entry(name: str) -> DataSetEntry:
    """Return what is known of a data set.

    Raises:
        UnknownName: No data set has that name.
    """
    return pick(_ENTRIES, name, "data set")


def _cifar10(cache_dir: Path) -> ImageSet:
    return cifar10.load_cifar10(cache_dir)


def _fashion_mnist(cache_dir: Path) -> ImageSet:
    return fashion_mnist.load_fashion_mnist(cache_dir)


def _digits(cache_dir: Path) -> ImageSet:
    return digits.load_digits(cache_dir)


def _cifar10_or_digits(cache_dir: Path) -> ImageSet:
    try:
        return _cifar10(cache_dir)
    except DataSetUnavailable as error:
        notice = f"Training on the 1,797 small digits of scikit-learn, NOT on CIFAR-10. {error}"
        return replace(_digits(cache_dir), notice=notice)


_ENTRIES: Mapping[str, DataSetEntry] = {
    AUTO: DataSetEntry(_cifar10_or_digits, cifar10.is_here, "cifar10 where it can be had, else digits with a notice."),
    cifar10.NAME: DataSetEntry(_cifar10, cifar10.is_here, cifar10.ABOUT),
    digits.NAME: DataSetEntry(_digits, digits.is_here, digits.ABOUT),
    fashion_mnist.NAME: DataSetEntry(_fashion_mnist, fashion_mnist.is_here, fashion_mnist.ABOUT),
    image_folder.NAME: DataSetEntry(image_folder.load_image_folder, image_folder.is_here, image_folder.ABOUT),
}
