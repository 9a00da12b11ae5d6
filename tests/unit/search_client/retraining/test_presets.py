import pytest

from latency_service.contract.errors import UnknownName
from search_client.retraining.config import RetrainConfig
from search_client.retraining.presets import PRESETS, preset_of


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_config(name: str) -> None:
    RetrainConfig.checked(**PRESETS[name])


def test_imagenet_is_trained_as_published() -> None:
    config = RetrainConfig.checked(**preset_of(None, "proxyless-imagenet"))
    assert (config.epochs, config.lr, config.batch_size) == (300, 0.05, 256)
    assert (config.weight_decay, config.label_smoothing, config.warmup_epochs) == (4e-5, 0.1, 0)
    assert preset_of(None, "proxyless-imagenet-mobile")["epochs"] == 150


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="cifar, imagenet, imagenet-mobile"):
        preset_of("mnist", "proxyless-cifar")
