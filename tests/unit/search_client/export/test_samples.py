import torch

from search_client.data.batches import Normalisation
from search_client.data.dataset import Images
from search_client.export.samples import calibration_batches, some_images
from tests.unit.search_client.training.small_run import small_images


def own_images() -> Images:
    images = small_images().train
    assert isinstance(images, Images)
    return images


def test_the_same_seed_draws_the_same_images_each_once() -> None:
    images = own_images()
    drawn, again, others = (some_images(images, 40, seed) for seed in (1, 1, 2))
    assert torch.equal(drawn.pixels, again.pixels)
    assert not torch.equal(drawn.pixels, others.pixels)
    assert len({image.numpy().tobytes() for image in drawn.pixels}) == len(drawn.labels) == 40


def test_where_there_are_fewer_images_all_are_drawn() -> None:
    images = own_images()
    assert len(some_images(images, 10_000, seed=0)) == len(images)


def test_calibration_shows_training_images_as_the_network_sees_them() -> None:
    image_set = small_images()
    batches = list(calibration_batches(image_set, 70, seed=3))
    assert [len(batch) for batch in batches] == [32, 32, 6]
    expected = Normalisation(image_set.mean, image_set.std)(some_images(own_images(), 70, seed=3).pixels)
    torch.testing.assert_close(torch.cat([torch.from_numpy(batch) for batch in batches]), expected)
