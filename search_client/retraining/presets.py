"""Presets of retrainings by name, as data; what a file or an option says goes before them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from search_client.data import image_folder
from search_client.registry import pick
from search_client.spaces import proxyless_imagenet

CIFAR, IMAGENET, IMAGENET_MOBILE = "cifar", "imagenet", "imagenet-mobile"

_IMAGENET: Mapping[str, Any] = {
    "data_set": image_folder.NAME,
    "epochs": 300,
    "warmup_epochs": 0,
    "batch_size": 256,
    "lr": 0.05,
    "momentum": 0.9,
    "weight_decay": 4e-5,
    "label_smoothing": 0.1,
    "ema_decay": None,
    "checkpoint_steps": 1000,
}

#: `cifar` is RetrainConfig's defaults. The others are what ProxylessNAS trained its networks with, arXiv:1812.00332 and
#: mit-han-lab/proxylessnas; the mobile network had half as many epochs as the gpu and the cpu network.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {CIFAR: {}, IMAGENET: _IMAGENET, IMAGENET_MOBILE: {**_IMAGENET, "epochs": 150}}
)

_OF_SPACES = {proxyless_imagenet.NAME: IMAGENET, proxyless_imagenet.MOBILE_NAME: IMAGENET_MOBILE}


def preset_of(name: str | None, space: str) -> Mapping[str, Any]:
    """Return a preset's settings.

    Args:
        name: The preset's; None: the one that belongs to the space.
        space: Name of the space that the network comes from.

    Raises:
        UnknownName: No preset is called so; the message lists those there are.
    """
    return pick(PRESETS, name or _OF_SPACES.get(space, CIFAR), "preset")
