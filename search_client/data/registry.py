"""The data sets by name, and `auto`: CIFAR-10 where it can be had, else digits with a notice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from search_client.data import cifar10, digits
from search_client.data.dataset import DataSetUnavailable, ImageSet
from search_client.registry import pick

AUTO = "auto"

_LOADERS: dict[str, Callable[[Path], ImageSet]] = {
    cifar10.NAME: cifar10.load_cifar10,
    digits.NAME: digits.load_digits,
}


def data_set_names() -> tuple[str, ...]:
    """Return every name that `load_data_set` knows."""
    return (AUTO, *_LOADERS)


def load_data_set(name: str, cache_dir: Path) -> ImageSet:
    """Return a data set by name, fetched into `cache_dir` where it is not there yet.

    Only `auto` ever puts one data set in another's place, and then says so in `ImageSet.notice`.

    Raises:
        UnknownName: No data set has that name.
        DataSetUnavailable: It can neither be read nor fetched.
    """
    return pick({AUTO: _cifar10_or_digits, **_LOADERS}, name, "data set")(cache_dir)


def _cifar10_or_digits(cache_dir: Path) -> ImageSet:
    try:
        return _LOADERS[cifar10.NAME](cache_dir)
    except DataSetUnavailable as error:
        notice = f"Training on the 1,797 small digits of scikit-learn, NOT on CIFAR-10. {error}"
        return replace(_LOADERS[digits.NAME](cache_dir), notice=notice)
