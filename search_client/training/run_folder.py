"""RunFolder: one search on disk.

config.json           what was asked for, the seed included
snapshots/0.json      the pinned latency table of the first target, 1.json that of the second, and so on
costs/0.json          the column of a file that the first cost was read from, where it was, and so on
history.jsonl         each weight step: phase, learning rate, loss, accuracy
alphas.jsonl          each architecture step: losses, expected and derived latency, entropy, path probabilities
checkpoints/          all that `--resume` needs
lock                  held by the process that trains here
tensorboard/          the same curves for TensorBoard
architecture.json     the derived network
weights.safetensors   its fine-tuned weights
result.json           what the search came to
verifications/0.json  the first promise beside the device's measurement, once `search-client verify` has run, and so on
"""

from collections.abc import Sequence
from pathlib import Path

from latency_service.contract.errors import Conflict, NotFound
from latency_service.contract.messages import Snapshot
from search_client.latency.column_table import ColumnTable
from search_client.latency.cost_table import CostTable
from search_client.training.config import SearchConfig
from search_client.training.network_folder import NetworkFolder
from search_client.training.result import SearchResult
from search_client.training.targets import ColumnTarget
from search_client.verify import VerifyResult


class RunFolder(NetworkFolder):
    """The files of one search; every one of them is written whole or not at all."""

    _doing = "search"

    @classmethod
    def create(
        cls, path: Path, config: SearchConfig, snapshots: Sequence[Snapshot], cost_tables: Sequence[CostTable] = ()
    ) -> "RunFolder":
        """Start a new run.

        Args:
            path: The folder.
            config: What is asked for.
            snapshots: The table of each of its targets.
            cost_tables: Of each of its costs.

        Raises:
            Conflict: The folder holds a run already.
        """
        folder = cls(path)
        if folder._config_path.exists():
            raise Conflict(f"{path} holds a run already: go on with --resume, or choose another folder with --run")
        for index, (snapshot, _) in enumerate(zip(snapshots, config.targets, strict=True)):
            folder._write_model(f"snapshots/{index}.json", snapshot)
        for index, (table, _) in enumerate(zip(cost_tables, config.costs, strict=True)):
            if isinstance(table, ColumnTable):
                folder._write_model(f"costs/{index}.json", table)
        folder._write_model("config.json", config)  # last: a folder that has a config is a complete run
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Go on with a run.

        Raises:
            NotFound: The folder holds none.
        """
        folder = cls(path)
        if not folder._config_path.exists():
            raise NotFound(
                f"{path} holds no run: it has no config.json; start one with `search-client search --run {path}`"
            )
        return folder

    @property
    def config(self) -> SearchConfig:
        """What was asked for."""
        return self._read_model("config.json", SearchConfig)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The latency tables that the run is pinned to, a target each."""
        count = len(self.config.targets)
        return tuple(self._read_model(f"snapshots/{index}.json", Snapshot) for index in range(count))

    @property
    def cost_tables(self) -> tuple[CostTable, ...]:
        """The tables of the run's other costs; what was read from a file is pinned."""
        return tuple(
            self._read_model(f"costs/{index}.json", ColumnTable) if isinstance(cost, ColumnTarget) else cost.table()
            for index, cost in enumerate(self.config.costs)
        )

    @property
    def result(self) -> SearchResult | None:
        """What the search came to; None while it has not ended."""
        return self._read_if_there("result.json", SearchResult)

    @property
    def verifications(self) -> tuple[VerifyResult | None, ...]:
        """Each promise beside the device's measurement; None while nobody has asked for it."""
        count = len(self.config.targets)
        return tuple(self._read_if_there(f"verifications/{index}.json", VerifyResult) for index in range(count))

    @property
    def alphas(self) -> Path:
        """The architecture steps' records."""
        return self.path / "alphas.jsonl"

    def write_result(self, result: SearchResult) -> None:
        """Store what the search came to; the run has ended with this."""
        self._write_model("result.json", result)

    def write_verification(self, index: int, result: VerifyResult) -> None:
        """Store the promise of one target beside its device's measurement."""
        self._write_model(f"verifications/{index}.json", result)
