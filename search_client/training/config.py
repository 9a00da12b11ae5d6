"""SearchConfig: everything that one search depends on, beside the snapshot it is pinned to."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latency_service.contract.conditions import Conditions
from latency_service.contract.device import DeviceName
from latency_service.contract.errors import InvalidInput
from search_client.faults import first_fault
from search_client.latency.objective import Combination

Beta = Annotated[float, Field(ge=0, lt=1)]


class Target(BaseModel):
    """What the network shall cost on one device.

    Attributes:
        target_ms: Latency, milliseconds.
        weight: What this device counts in the loss where there are several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    device: DeviceName
    conditions: Conditions
    target_ms: float = Field(gt=0)
    weight: float = Field(default=1.0, gt=0)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"{self.device} {self.conditions.runtime}"


class SearchConfig(BaseModel):
    """One search. The defaults are ProxylessNAS's, scaled to CIFAR-10 on two CPU cores: about three minutes a search.

    Attributes:
        space_params: For `make_space`, such as `{"width_mult": 0.5}`; the data set sets resolution and num_classes.
        targets: A device each; the run pins a table of each.
        combination: Whether all targets count at each architecture step, or the one alone that is exceeded most.
        data_set: A name, or `auto`.
        image_limit: Training images that weights and alphas share; None takes all that validation leaves.
        alpha_share: Share of those held out for the architecture steps.
        validation_share: Share of the whole training set that neither weights nor alphas see.
        warmup_epochs: Epochs of weight steps over uniform paths before the architecture moves.
        search_epochs: Epochs of weight steps that alternate with architecture steps.
        weight_steps_per_arch_step: After every so many weight steps of the search follows one architecture step.
        settle_steps: Further steps at most, each with an architecture step, until the derived network meets its target.
        fine_tune_epochs: Epochs that the derived network trains, starting from the supernet's weights.
        weight_lr: Peak of the cosine over warm-up and search; `fine_tune_lr` that of the fine-tuning.
        checkpoint_steps: Weight steps between two checkpoints.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    space: str = "proxyless-cifar"
    space_params: dict[str, Any] = {}
    targets: tuple[Target, ...] = Field(min_length=1)
    combination: Combination = "all"
    strategy: str = "proxyless-gradient"
    strategy_params: dict[str, Any] = {}
    loss: str = "constrained"
    loss_params: dict[str, Any] = {}
    seed: int = Field(default=0, ge=0, lt=2**32)

    data_set: str = "auto"
    image_limit: int | None = Field(default=15_000, ge=1)
    alpha_share: float = Field(default=0.2, gt=0, lt=1)
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    batch_size: int = Field(default=32, ge=2)

    warmup_epochs: int = Field(default=2, ge=0)
    search_epochs: int = Field(default=4, ge=1)
    weight_steps_per_arch_step: int = Field(default=3, ge=1)
    settle_steps: int = Field(default=300, ge=0)
    fine_tune_epochs: int = Field(default=4, ge=0)

    weight_lr: float = Field(default=0.05, gt=0)
    fine_tune_lr: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, gt=0, lt=1)
    weight_decay: float = Field(default=4e-5, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    alpha_lr: float = Field(default=0.1, gt=0)
    alpha_betas: tuple[Beta, Beta] = (0.0, 0.999)

    checkpoint_steps: int = Field(default=250, ge=1)

    @classmethod
    def checked(cls, **values: Any) -> "SearchConfig":
        """Return the config of these values.

        Raises:
            InvalidInput: A value is unknown, missing or out of range; the message says which.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            is_unknown = error.errors()[0]["type"] == "extra_forbidden"
            known = f"; known are {', '.join(cls.model_fields)}" if is_unknown else ""
            raise InvalidInput(f"search setting {first_fault(error)}{known}") from None
