"""Train transform: what happens to a data set's training images after their crop, and in which order."""

from search_client.data.augmentation.auto_augment import AutoAugment
from search_client.data.augmentation.cutout import Colour, Cutout
from search_client.data.augmentation.mirror import random_mirror
from search_client.data.augmentation.policies import PolicyName
from search_client.data.augmentation.transform import Composed, Transform
from search_client.data.dataset import ImageSet


def train_transform(of: ImageSet, auto_augment: PolicyName | None = None, cutout_length: int = 0) -> Composed:
    """Return mirror, then colour jitter or AutoAugment in its place, then cutout: the order of AutoAugment's paper.

    Args:
        of: The data set; it says whether its images may be mirrored, and how their colours change by default.
        auto_augment: A published policy; None for none.
        cutout_length: Side of the blanked square, pixels; 0 for none.

    Raises:
        UnknownName: There is no such policy.
        InvalidInput: cutout_length is negative.
    """
    steps: list[Transform] = [random_mirror] if of.may_flip else []
    if auto_augment is not None:
        steps.append(AutoAugment(auto_augment, mean_colour(of)))
    elif of.colour_jitter is not None:
        steps.append(of.colour_jitter)
    if cutout_length:
        steps.append(Cutout(cutout_length, mean_colour(of)))
    return Composed(tuple(steps))


def mean_colour(of: ImageSet) -> Colour:
    """Return the data set's mean colour, 0 to 255 a channel."""
    red, green, blue = (round(255 * mean) for mean in of.mean)
    return red, green, blue
