"""Offers: which conditions a runtime can do; whatever else is asked for is refused as unsupported."""

from device_agents.runtimes.base import UnsupportedWorkload
from latency_service.contract.conditions import Conditions

#: These concern the inputs, the machine and the stopwatch; every runtime does all of their values.
_ANY = ("runtime", "batch_size", "threads", "cache_state")


def refuse_what_is_not_offered(conditions: Conditions, **offered: tuple[str, ...]) -> None:
    """Refuse conditions of which a member has another value than those offered.

    Args:
        conditions: What the job asks for.
        offered: The values that the runtime can do, by the member's name; of a member not named, the default alone.

    Raises:
        UnsupportedWorkload: A member is beyond this runtime; the message names it and what is offered.
    """
    for name, field in Conditions.model_fields.items():
        values, asked = offered.get(name, (field.default,)), getattr(conditions, name)
        if name not in _ANY and asked not in values:
            raise UnsupportedWorkload(
                f"{conditions.runtime} offers {name} {', '.join(map(repr, values))}, and {asked!r} was asked for"
            )
