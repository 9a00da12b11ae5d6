"""Whether a network is made for a data set's images."""

from latency_service.contract.errors import InvalidInput
from latency_service.contract.network import NetworkSpec
from search_client.data.dataset import ImageSet


def require_fit(network: NetworkSpec, images: ImageSet) -> None:
    """Return only where the network takes such images and tells their classes apart.

    Raises:
        InvalidInput: It does not.
    """
    taken, given = (network.input_shape.height, network.output_shape.channels), (images.resolution, images.num_classes)
    if taken != given:
        raise InvalidInput(
            f"the network takes {taken[0]} pixels and tells {taken[1]} classes apart, but data set {images.name!r} has "
            f"{given[0]} pixels and {given[1]} classes: name another with --data-set"
        )
