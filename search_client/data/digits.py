"""Digits: scikit-learn's 1,797 handwritten 8x8 digits, enlarged to 32x32 RGB; they come with the wheel."""

from pathlib import Path

import numpy as np

from search_client.data.dataset import ImageSet, images_from_numpy

NAME = "digits"
NUM_CLASSES = 10
ABOUT = "1,797 handwritten digits, enlarged to 32x32. They come with scikit-learn."

_ENLARGEMENT = 4
_TEST_EVERY = 5
_LARGEST_VALUE = 16


def is_here(_cache_dir: Path) -> bool:
    """Say that nothing has to be fetched."""
    return True


def load_digits(_cache_dir: Path) -> ImageSet:
    """Return the digits; every fifth one is a test image."""
    from sklearn.datasets import load_digits as load_sklearn_digits  # a second's import, for those who want digits only

    bunch = load_sklearn_digits()
    grey = np.round(bunch.images * (255 / _LARGEST_VALUE)).astype(np.uint8)  # (N, 8, 8)
    large = grey.repeat(_ENLARGEMENT, axis=1).repeat(_ENLARGEMENT, axis=2)
    pixels = np.broadcast_to(large[:, None], (len(large), 3, *large.shape[1:]))
    is_test = np.arange(len(pixels)) % _TEST_EVERY == 0
    train = pixels[~is_test]
    return ImageSet(
        name=NAME,
        train=images_from_numpy(train, bunch.target[~is_test]),
        test=images_from_numpy(pixels[is_test], bunch.target[is_test]),
        mean=(float(train.mean()) / 255,) * 3,
        std=(float(train.std()) / 255,) * 3,
        num_classes=NUM_CLASSES,
        may_flip=False,
    )
