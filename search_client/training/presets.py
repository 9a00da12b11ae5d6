"""Presets: the settings of a search by name, as data; what a file or an option says goes before them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from search_client.data import image_folder
from search_client.registry import pick
from search_client.spaces import proxyless_imagenet

CIFAR, IMAGENET = "cifar", "imagenet"

#: Images of ImageNet's training set, and how many of each part ProxylessNAS held out.
_IMAGENET_IMAGES, _HELD_OUT_IMAGES = 1_281_167, 50_000

#: `cifar` is SearchConfig's defaults: the paper's schedule, scaled to CIFAR-10 on two CPU cores.
#: `imagenet` is the schedule that mit-han-lab/proxylessnas released. Departures: as many images as the architecture
#: learns from are held out once more, to judge by; each class gives its share of both parts, where the released code
#: takes 50 of each, however small; and nothing is fine-tuned, for the paper retrains from scratch.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        CIFAR: {},
        IMAGENET: {
            "space": proxyless_imagenet.NAME,
            "data_set": image_folder.NAME,
            "image_limit": None,
            "validation_share": _HELD_OUT_IMAGES / _IMAGENET_IMAGES,
            "alpha_share": _HELD_OUT_IMAGES / (_IMAGENET_IMAGES - _HELD_OUT_IMAGES),
            "batch_size": 256,
            "warmup_epochs": 40,
            "warmup_lr": 0.05,
            "search_epochs": 120,
            "rest_epochs": 1,
            "weight_lr": 0.025,
            "weight_steps_per_arch_step": 5,
            "momentum": 0.9,
            "weight_decay": 4e-5,
            "label_smoothing": 0.1,
            "plain_alpha_batches": True,
            "alpha_lr": 1e-3,
            "alpha_betas": (0.0, 0.999),
            "fine_tune_epochs": 0,
            "checkpoint_steps": 1000,
        },
    }
)


def preset_of(name: str | None, space: str | None) -> Mapping[str, Any]:
    """Return a preset's settings.

    Args:
        name: The preset's; None: the one that belongs to the space.
        space: The space's name; None: the one that is searched by default.

    Raises:
        UnknownName: No preset is called so; the message lists those there are.
    """
    of_space = IMAGENET if space in (proxyless_imagenet.NAME, proxyless_imagenet.MOBILE_NAME) else CIFAR
    return pick(PRESETS, name or of_space, "preset")
