"""Reading: what a reader is told besides the file."""

from dataclasses import dataclass, field

from latency_service.interchange.layer_keys import Activations


@dataclass(frozen=True)
class Reading:
    """What the person knows who imports a file.

    Attributes:
        unit: Of its times; None leaves it to the file.
        activations: By layer type, for formats whose keys do not tell them.
    """

    unit: str | None = None
    activations: Activations = field(default_factory=dict)
