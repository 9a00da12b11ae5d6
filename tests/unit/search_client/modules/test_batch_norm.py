import pytest
import torch
from torch import nn

from search_client.modules.batch_norm import frozen_statistics


def test_frozen_statistics_do_not_move_and_the_output_is_still_normalised_by_the_batch() -> None:
    norm = nn.BatchNorm2d(3)
    x = torch.randn(8, 3, 4, 4) * 5 + 2
    with frozen_statistics(norm):
        output = norm(x)
    assert norm.num_batches_tracked == 0
    assert norm.running_mean is not None
    assert not norm.running_mean.any()
    torch.testing.assert_close(output, nn.BatchNorm2d(3)(x))


def test_statistics_move_again_afterwards_even_after_an_error() -> None:
    norm = nn.BatchNorm2d(3)
    with pytest.raises(ZeroDivisionError), frozen_statistics(norm):
        raise ZeroDivisionError
    norm(torch.randn(8, 3, 4, 4))
    assert norm.num_batches_tracked == 1


def test_nested_freezing_ends_with_the_outer_one() -> None:
    norm = nn.BatchNorm2d(3)
    with frozen_statistics(norm):
        with frozen_statistics(norm):
            pass
        norm(torch.randn(8, 3, 4, 4))
    assert norm.num_batches_tracked == 0
