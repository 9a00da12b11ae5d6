"""The networks of a comparison, by the folders and names that were typed."""

from collections.abc import Sequence
from pathlib import Path

from latency_service.contract.errors import InvalidInput
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec, workload_key
from search_client.comparison.cells import Place
from search_client.comparison.matrix import Contestant
from search_client.trained_network import search_of
from search_client.training.run_folder import RunFolder


def read_contestants(
    runs: Sequence[Path], names: Sequence[str], resolution: int
) -> list[tuple[Contestant, NetworkSpec]]:
    """Return the networks of runs' folders, then those of known names.

    Args:
        runs: Folders; where two have the same name, their whole paths tell them apart.
        names: Of known networks.
        resolution: Of the known networks' images, pixels.

    Raises:
        InvalidInput: There is no network, one comes twice, or they take different images.
        NotFound: A folder holds no network yet.
    """
    are_distinct = len({path.resolve().name for path in runs}) == len(runs)
    found = [_of_run(path, path.resolve().name if are_distinct else str(path)) for path in runs]
    found += [_of_name(name, resolution) for name in names]
    if len({contestant.name for contestant, _ in found}) < max(1, len(found)):
        raise InvalidInput("give at least one run folder or --network, and none of them twice")
    if len({spec.input_shape for _, spec in found}) > 1:
        shapes = ", ".join(f"{contestant.name} {spec.input_shape}" for contestant, spec in found)
        raise InvalidInput(f"networks for different images do not compare: {shapes}; see --resolution")
    return found


def _of_run(path: Path, name: str) -> tuple[Contestant, NetworkSpec]:
    spec, search = RunFolder(path).architecture.network(), search_of(path)
    if search is None:
        return _contestant(name, spec), spec
    targets = tuple(Place(device=each.device, conditions=each.conditions) for each in search.config.targets)
    accuracy = search.result.validation_accuracy if search.result else None
    return _contestant(name, spec, targets, accuracy), spec


def _of_name(name: str, resolution: int) -> tuple[Contestant, NetworkSpec]:
    spec = named_network(name, resolution=resolution)
    return _contestant(name, spec), spec


def _contestant(
    name: str, spec: NetworkSpec, targets: tuple[Place, ...] = (), accuracy: float | None = None
) -> Contestant:
    return Contestant(
        name=name,
        network=workload_key(spec),
        macs=spec.macs,
        parameters=spec.parameters,
        targets=targets,
        accuracy=accuracy,
    )
