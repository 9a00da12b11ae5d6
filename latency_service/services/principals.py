"""Principal: on whose behalf a request acts."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from latency_service.contract.errors import Forbidden
from latency_service.contract.messages import KeyId, Scope


@dataclass(frozen=True)
class Principal:
    """Whoever sent a request.

    Attributes:
        key_id: Of the API key; None where the service asks for none.
        devices: Patterns of the devices that it may register; none: any.
    """

    key_id: KeyId | None
    scope: Scope
    devices: tuple[str, ...] = ()

    @property
    def owner_id(self) -> KeyId | None:
        """The key that devices must be owned by; None for who may act for any device."""
        return None if self.scope == "admin" else self.key_id

    def check_name(self, device_name: str) -> None:
        """Return if it may register a device of that name.

        Raises:
            Forbidden: The name matches none of its key's patterns.
        """
        if self.devices and not any(fnmatchcase(device_name, pattern) for pattern in self.devices):
            raise Forbidden(
                f"this key is for devices called {' or '.join(self.devices)}, and not for {device_name!r}; "
                "ask an admin for a key that is"
            )


#: Whoever asks a service that asks for no keys: all is allowed.
ANYBODY = Principal(key_id=None, scope="admin")
