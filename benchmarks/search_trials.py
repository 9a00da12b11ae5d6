"""A search, and a training from scratch, as a benchmark computes them: in a process of its own, from text to text."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from latency_service.contract.messages import Snapshot
from search_client.architecture import Architecture
from search_client.data.registry import load_data_set
from search_client.retraining.config import RetrainConfig
from search_client.retraining.folder import RetrainFolder
from search_client.retraining.progress import RetrainWatcher
from search_client.retraining.retrainer import Retrainer
from search_client.training.config import SearchConfig
from search_client.training.progress import Watcher
from search_client.training.run_folder import RunFolder
from search_client.training.search_run import SearchRun


def searched(config: str, snapshot: str, cache_dir: str) -> Any:
    """Return the architecture that a search finds, as JSON values.

    Args:
        config: A SearchConfig of one target, as JSON.
        snapshot: The target's table, as JSON.
        cache_dir: Where the data set is.
    """
    asked = SearchConfig.model_validate_json(config)
    images = load_data_set(asked.data_set, Path(cache_dir), **asked.data_set_params)
    with TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder), asked, [Snapshot.model_validate_json(snapshot)])
        result = SearchRun(run, images, Watcher(lambda _: None, lambda: False, monotonic)).run()
    return json.loads(result.architecture.to_json())


def retrained(config: str, architecture: str, cache_dir: str) -> float:
    """Return the accuracy of a network on test images, trained from scratch.

    Args:
        config: A RetrainConfig, as JSON.
        architecture: The network, as JSON.
        cache_dir: Where the data set is.
    """
    asked = RetrainConfig.model_validate_json(config)
    images = load_data_set(asked.data_set, Path(cache_dir), **asked.data_set_params)
    with TemporaryDirectory() as folder:
        run = RetrainFolder.create(Path(folder), asked, Architecture.from_json(architecture))
        return Retrainer(run, images, RetrainWatcher(lambda _: None, lambda: False, monotonic)).run().test_accuracy
