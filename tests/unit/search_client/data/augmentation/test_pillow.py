import torch

from search_client.data.augmentation.pillow import to_pillow, to_tensor
from tests.unit.search_client.data.augmentation.photographs import photograph


def test_an_image_comes_back_as_it_was() -> None:
    image = photograph()[:, :, :20]
    assert to_pillow(image).size == (20, 32)
    assert torch.equal(to_tensor(to_pillow(image)), image)


def test_the_channels_are_red_green_blue() -> None:
    image = torch.zeros(3, 2, 2, dtype=torch.uint8)
    image[0] = 255
    assert to_pillow(image).getpixel((0, 0)) == (255, 0, 0)
