"""API keys: who may do what."""

from typing import Annotated, Literal, NewType

from pydantic import AwareDatetime, Field, SecretStr, WithJsonSchema, field_serializer, model_validator

from latency_service.contract.messages.base import Message

KeyId = NewType("KeyId", str)
#: A reader reads; a requester also asks for measurements; an agent measures on its own devices; an admin does anything.
Scope = Literal["reader", "requester", "agent", "admin"]
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$", examples=["lab-agents"])]
#: Of device names, as shells write them: `board-*`.
DevicePattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9._*?\[\]!-]{1,64}$", examples=["board-*"])]


class ApiKeyRequest(Message):
    """Ask for a new key.

    Attributes:
        devices: Which devices an agent with this key may register; none given: any that is no other key's.
    """

    name: KeyName
    scope: Scope
    devices: tuple[DevicePattern, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _check_the_devices(self) -> "ApiKeyRequest":
        if self.devices and self.scope != "agent":
            raise ValueError(f"devices are for keys of scope agent; {self.scope} keys have none")
        return self


class ApiKey(Message):
    """A key, without its secret.

    Attributes:
        last_used_at: To about a minute.
    """

    key_id: KeyId
    name: KeyName
    scope: Scope
    devices: tuple[DevicePattern, ...]
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class ApiKeyCreated(ApiKey):
    """A new key. `key` is its text, for `Authorization: Bearer KEY`; nobody can show it again."""

    key: Annotated[SecretStr, WithJsonSchema({"type": "string", "format": "password"})]

    @field_serializer("key", when_used="json")
    def _reveal(self, key: SecretStr) -> str:
        return key.get_secret_value()


class ApiKeyList(Message):
    """All keys, the oldest first; revoked ones too."""

    keys: tuple[ApiKey, ...]
