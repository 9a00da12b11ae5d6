"""What the tests of the data sets in memory share."""

from search_client.data.dataset import Images, LabelledImages


def in_memory(images: LabelledImages) -> Images:
    """Return images that must be in memory."""
    assert isinstance(images, Images)
    return images
