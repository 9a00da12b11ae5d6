import pytest
import torch
from torch import nn

from search_client.retraining.ema import moving_average, warmed_up_decay


def test_the_decay_warms_up_to_its_limit() -> None:
    assert [warmed_up_decay(0.9, updates) for updates in (0, 1, 10, 80, 81)] == pytest.approx(
        [0.1, 2 / 11, 0.55, 0.9, 0.9]
    )
    assert warmed_up_decay(0.9, 10_000) == 0.9


def test_the_average_is_the_closed_form_sum_of_all_weights() -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = moving_average(layer, 0.5)
    values = [float(value) for value in torch.randn(30, generator=torch.Generator().manual_seed(0))]
    for value in values:
        with torch.no_grad():
            layer.weight.fill_(value)
        average.update_parameters(layer)
    decays = [0.0, *(min(0.5, (1 + n) / (10 + n)) for n in range(1, len(values)))]
    expected = sum(
        (1 - decays[i]) * value * float(torch.tensor(decays[i + 1 :]).prod()) for i, value in enumerate(values)
    )
    assert average.module.state_dict()["weight"].item() == pytest.approx(expected, rel=1e-5)


def test_batch_statistics_are_averaged_and_their_counter_is_copied() -> None:
    layer = nn.BatchNorm2d(1)
    average = moving_average(layer, 0.9)
    assert layer.running_mean is not None
    for value in (1.0, 3.0):
        layer.running_mean.fill_(value)
        assert layer.num_batches_tracked is not None
        layer.num_batches_tracked.fill_(int(value))
        average.update_parameters(layer)
    decay = 2 / 11
    assert average.module.state_dict()["running_mean"].item() == pytest.approx(decay * 1.0 + (1 - decay) * 3.0)
    assert average.module.state_dict()["num_batches_tracked"].item() == 3
