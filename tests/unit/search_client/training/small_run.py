"""A search that takes a second: the tiniest `proxyless-cifar` over random images, and a made-up table of it."""

from pathlib import Path
from typing import Any

import torch

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import Snapshot
from search_client.data.dataset import Images, ImageSet
from search_client.latency.expected import SupernetCost
from search_client.spaces.registry import make_space
from search_client.training.config import SearchConfig
from search_client.training.progress import SearchProgress, Watcher
from search_client.training.run_folder import RunFolder
from search_client.training.targets import Target
from tests.unit.search_client.small_space import table_of

SPACE_PARAMS = {"width_mult": 0.1, "resolution": 16, "num_classes": 4}


def small_images() -> ImageSet:
    """Return 320 images of noise around a colour that tells their class."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(320) % 4
    noise = torch.randint(0, 128, (320, 3, 16, 16), dtype=torch.uint8, generator=generator)
    shade = (labels * 30).to(torch.uint8).view(-1, 1, 1, 1)
    images = Images(noise + shade, labels)
    return ImageSet("small", images, images, (0.5,) * 3, (0.25,) * 3, num_classes=4, may_flip=True)


def small_snapshot() -> Snapshot:
    """Return a table of the space's ops."""
    return table_of(make_space("proxyless-cifar", **SPACE_PARAMS)).snapshot


def target_ms(share: float) -> float:
    """Return the latency that lies so far between the space's fastest and slowest network."""
    space = make_space("proxyless-cifar", **SPACE_PARAMS)
    fastest, slowest = SupernetCost(space, table_of(space)).range
    return fastest + share * (slowest - fastest)


def board_target(latency_ms: float) -> Target:
    """Return a target on the device whose table `small_snapshot` is."""
    return Target(device="board", conditions=Conditions(runtime="onnxruntime"), target_ms=latency_ms)


def small_config(**changes: Any) -> SearchConfig:
    """Return the settings of a run of 8 warm-up, 16 search and 5 fine-tuning steps."""
    values: dict[str, Any] = {
        "space": "proxyless-cifar",
        "space_params": SPACE_PARAMS,
        "targets": (board_target(target_ms(0.5)),),
        "data_set": "small",
        "image_limit": None,
        "alpha_share": 0.2,
        "validation_share": 0.4,
        "batch_size": 19,
        "warmup_epochs": 1,
        "search_epochs": 2,
        "fine_tune_epochs": 1,
        "weight_steps_per_arch_step": 2,
        "settle_steps": 3,
        "alpha_lr": 0.1,
        "checkpoint_steps": 5,
    }
    return SearchConfig.checked(**(values | changes))


def small_folder(path: Path, **changes: Any) -> RunFolder:
    """Start such a run."""
    return RunFolder.create(path, small_config(**changes), [small_snapshot()])


class Recording:
    """Keeps what a search tells, and asks it to stop after some steps."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.seen: list[SearchProgress] = []
        self.time_s = 0.0
        self._stop_after = stop_after

    @property
    def watcher(self) -> Watcher:
        """What to hand to the search."""
        return Watcher(self.seen.append, self._stop_requested, self._clock_s)

    def _stop_requested(self) -> bool:
        return self._stop_after is not None and len(self.seen) >= self._stop_after

    def _clock_s(self) -> float:
        self.time_s += 1.0
        return self.time_s
