"""`python -m tests.integration.double_search FOLDER`: goes on with a run over small images, in double precision.

Single precision would show the rounding of sums that are taken in another order, which some twenty steps make a
hundred thousand times as large, in place of what two processes do differently.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from search_client.distributed import joined_ranks
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun
from tests.unit.search_client.training.small_run import Recording, small_images


def in_double(_module: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    """Widen what comes in: images are single."""
    return tuple(tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs)


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    register_module_forward_pre_hook(in_double)
    torch.set_num_threads(1)
    with joined_ranks() as ranks:
        SearchRun(RunFolder.open(Path(sys.argv[1])), small_images(), Recording().watcher, ranks).run()
