"""The search spaces by name; a new space is one file and one line here."""

from collections.abc import Callable, Mapping
from typing import Any

from search_client.registry import build
from search_client.spaces import cifar_ops, proxyless_cifar, proxyless_imagenet
from search_client.spaces.space import SearchSpace

SPACES: Mapping[str, Callable[..., SearchSpace]] = {
    proxyless_imagenet.NAME: proxyless_imagenet.proxyless_imagenet,
    proxyless_imagenet.MOBILE_NAME: proxyless_imagenet.proxyless_imagenet_mobile,
    proxyless_cifar.NAME: proxyless_cifar.proxyless_cifar,
    cifar_ops.NAME: cifar_ops.cifar_ops,
}


def make_space(name: str, **params: Any) -> SearchSpace:
    """Return a space by name.

    Raises:
        UnknownName: No space has that name; the message lists those there are.
        InvalidInput: The space takes no such parameter.
    """
    return build(SPACES, name, "search space", params)
