"""`python -m tests.integration.double_retrain FOLDER`: goes on with a retraining in double precision.

Single precision would show the rounding of sums that are taken in another order: see `double_search`.
"""

import sys
from pathlib import Path

import torch

from search_client.distributed import joined_ranks
from search_client.retraining.folder import RetrainFolder
from search_client.retraining.retrainer import Retrainer
from tests.unit.search_client.retraining.small_retraining import separable_images, watcher

if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with joined_ranks() as ranks:
        Retrainer(RetrainFolder.open(Path(sys.argv[1])), separable_images(), watcher(), ranks).run()
