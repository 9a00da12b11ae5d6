import torch

from search_client.data.augmentation.colour_jitter import ColourJitter
from tests.unit.search_client.data.augmentation.photographs import generator, photograph


def test_brightness_is_scaled_by_at_most_its_strength() -> None:
    image, draws = torch.full((3, 8, 8), 100, dtype=torch.uint8), generator()  # grey: saturation changes nothing
    seen = torch.tensor([int(ColourJitter(brightness=0.2)(image, draws)[0, 0, 0]) for _ in range(300)])
    assert 79 <= int(seen.min()) < 83
    assert 117 < int(seen.max()) <= 120


def test_saturation_moves_the_colours_to_their_grey_and_away_from_it() -> None:
    image, draws = torch.tensor([150, 100, 80], dtype=torch.uint8).view(3, 1, 1).expand(3, 8, 8), generator()
    seen = [ColourJitter(brightness=0, saturation=0.5)(image, draws)[:, 0, 0].tolist() for _ in range(300)]
    spreads = [red - blue for red, _, blue in seen]
    assert 34 <= min(spreads) < 40
    assert 100 < max(spreads) <= 106


def test_no_strength_changes_nothing() -> None:
    image = photograph()
    assert torch.equal(ColourJitter(0, 0)(image, generator()), image)
