"""Budget: how many weight steps each phase of a search has."""

from dataclasses import dataclass

from search_client.data.splits import Splits
from search_client.training.config import SearchConfig


@dataclass(frozen=True)
class Budget:
    """Weight steps a phase; `rest_steps` are the first of the search's."""

    warmup_steps: int
    rest_steps: int
    search_steps: int
    fine_tune_steps: int

    @classmethod
    def of(cls, config: SearchConfig, splits: Splits) -> "Budget":
        """Return the steps that the config's epochs have; fine-tuning also trains on the architecture's part."""
        steps_per_epoch = len(splits.weights) // config.batch_size
        fine_tune_images = len(splits.weights) + len(splits.alphas)
        return cls(
            warmup_steps=config.warmup_epochs * steps_per_epoch,
            rest_steps=config.rest_epochs * steps_per_epoch,
            search_steps=config.search_epochs * steps_per_epoch,
            fine_tune_steps=config.fine_tune_epochs * (fine_tune_images // config.batch_size),
        )

    @property
    def supernet_steps(self) -> int:
        """Steps on the supernet's weights: warm-up and search."""
        return self.warmup_steps + self.search_steps

    def progress(self, step: int) -> float | None:
        """Return the share of the search's steps that are done, 0 to 1; None in the warm-up, 1 beyond them."""
        searched = step - self.warmup_steps
        return None if searched < 0 else min(1.0, searched / self.search_steps)

    @property
    def total_steps(self) -> int:
        """All steps on weights."""
        return self.supernet_steps + self.fine_tune_steps
