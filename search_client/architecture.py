"""Architecture: one network of a search space, as it is stored, read and shown."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from latency_service.contract.errors import InvalidInput
from latency_service.contract.keys import OpKey, format_key
from latency_service.contract.network import NetworkSpec
from latency_service.contract.ops import MBConv, OpSpec
from search_client.faults import first_fault
from search_client.spaces.registry import make_space
from search_client.spaces.space import SearchSpace, SpaceParam


class Architecture(BaseModel):
    """A network, by the space it comes from and the candidate chosen in each block.

    Attributes:
        space: Name of the search space.
        space_params: What `make_space` builds it from.
        choices: For each block the index of its candidate.
        op_keys: For each block the key of that candidate, Zero included; they must be what the space says.

    Raises:
        InvalidInput: The space has no such network, or another one than op_keys tell.
        UnknownName: There is no such space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    space: str
    space_params: dict[str, SpaceParam]
    choices: tuple[int, ...]
    op_keys: tuple[OpKey, ...]

    @classmethod
    def of(cls, space: SearchSpace, choices: Sequence[int]) -> "Architecture":
        """Return the architecture that these choices make."""
        return cls(
            space=space.name,
            space_params=dict(space.params),
            choices=tuple(choices),
            op_keys=tuple(map(format_key, space.chosen(choices))),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "Architecture":
        """Return what `to_json` wrote.

        Raises:
            InvalidInput: The text is no architecture.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise InvalidInput(f"this is no architecture: {first_fault(error)}") from None

    def to_json(self) -> str:
        """Return the architecture as JSON that people can read."""
        return self.model_dump_json(indent=2)

    def search_space(self) -> SearchSpace:
        """Return the space that the network comes from."""
        return make_space(self.space, **self.space_params)

    def network(self) -> NetworkSpec:
        """Return the network, ready to be measured or built."""
        return self.search_space().network(self.choices)

    def describe(self) -> str:
        """Return a line a block for people, and one with the totals."""
        chosen = self.search_space().chosen(self.choices)
        network = self.network()
        lines = [f"{index:3d}  {_describe_op(op)}" for index, op in enumerate(chosen)]
        totals = f"{network.macs / 1e6:.2f} M MACs, {network.parameters:,} parameters"
        return "\n".join([f"{self.space}: {totals}", *lines])

    @model_validator(mode="after")
    def _check_keys(self) -> "Architecture":
        keys = tuple(map(format_key, self.search_space().chosen(self.choices)))
        if keys != self.op_keys:
            raise InvalidInput(f"the choices mean {', '.join(keys)}, and op_keys say {', '.join(self.op_keys)}")
        return self


def _describe_op(op: OpSpec) -> str:
    shapes = f"{op.input_shape} -> {op.output_shape}"
    if isinstance(op, MBConv):
        return f"MBConv {op.kernel_size}x{op.kernel_size} e{op.expand_ratio} s{op.stride}  {shapes}"
    return f"{op.kind}  {shapes}"
