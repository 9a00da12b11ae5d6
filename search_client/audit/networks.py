"""Networks of an audit: held-out random ones of a space, and the published ones that a table can tell."""

from collections.abc import Collection, Iterator
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict

from latency_service.contract.errors import InvalidInput, MissingEntries
from latency_service.contract.named_networks import named_network
from latency_service.contract.network import NetworkSpec, WorkloadKey, workload_key
from search_client.latency.table import LatencyTable
from search_client.published import published_names
from search_client.spaces.proxyless_imagenet import MOBILE_NAME, NAME
from search_client.spaces.space import SearchSpace

#: Draws for each network that is wanted, before a space counts as used up.
_DRAWS_EACH = 50

#: `held_out`: drawn at random, and none that a correction was fitted to. `published`: of nobody's drawing.
Group = Literal["held_out", "published"]


class AuditedNetwork(BaseModel):
    """A network that is measured whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    group: Group
    spec: NetworkSpec


def draw_held_out(
    space: SearchSpace, count: int, seed: int, taken: Collection[WorkloadKey]
) -> tuple[AuditedNetwork, ...]:
    """Return different networks, each block's candidate drawn at random.

    Args:
        space: Where they come from.
        count: How many.
        seed: The same one gives the same networks.
        taken: Networks that are none of them: a correction has seen these.

    Raises:
        InvalidInput: The space has hardly so many.
    """
    found: dict[WorkloadKey, NetworkSpec] = {}
    for network in _draws(space, Random(f"held-out-{seed}"), count * _DRAWS_EACH):
        key = workload_key(network)
        if key not in taken:
            found[key] = network
        if len(found) == count:
            break
    if len(found) < count:
        raise InvalidInput(
            f"{count * _DRAWS_EACH} draws from space {space.name!r} gave {len(found)} different networks beside its "
            f"anchors, not {count}: ask for fewer --networks"
        )
    return tuple(
        AuditedNetwork(name=f"random-{number}", group="held_out", spec=network)
        for number, network in enumerate(found.values(), start=1)
    )


def published_beside(space: SearchSpace, table: LatencyTable) -> tuple[tuple[AuditedNetwork, ...], dict[str, str]]:
    """Return the published networks that can be audited beside a space, and by name why others cannot.

    They take the space's images. Their widths are mostly other than the space's: such ops are in the table only where a
    profile has asked for them.
    """
    if space.name not in (NAME, MOBILE_NAME):
        return (), {}
    kept, left_out = [], {}
    for name in published_names():
        network = named_network(name, space.resolution)
        try:
            table.require(network.ops)
        except MissingEntries as error:
            left_out[name] = (
                f"the table lacks {len(error.extra['missing'])} of its {len(set(network.ops))} ops; "
                f"`search-client profile --network {name} --resolution {space.resolution}` measures them"
            )
        else:
            kept.append(AuditedNetwork(name=name, group="published", spec=network))
    return tuple(kept), left_out


def _draws(space: SearchSpace, rng: Random, count: int) -> Iterator[NetworkSpec]:
    for _ in range(count):
        yield space.network([rng.randrange(len(block.candidates)) for block in space.blocks])
