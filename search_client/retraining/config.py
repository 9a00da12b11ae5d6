"""RetrainConfig: everything that a retraining depends on, beside the network."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from search_client.compute import Amp, Processor
from search_client.data.augmentation.policies import PolicyName
from search_client.settings_file import checked_config


class RetrainConfig(BaseModel):
    """One retraining. The defaults are for CIFAR-10 on two CPU cores.

    Attributes:
        data_set: A name, or `auto`.
        data_set_params: What it is loaded with.
        validation_share: Share of the training set that is held out, for the curves alone; 0 trains on all of it.
        batch_size: Images a step, over all processes and parts together.
        warmup_epochs: The first ones, in which the learning rate climbs to `lr`; a cosine takes it down afterwards.
        lr: The highest learning rate.
        weight_decay: Of convolutions and classifier, and of batch normalisations and biases where
            `decay_norm_and_bias`.
        max_gradient_norm: Longer gradients are shortened to it; None for none.
        mixup_alpha: Images are blended by a ratio from Beta(alpha, alpha); None for none.
        cutout_length: Side of the blanked square, pixels; 0 for none.
        auto_augment: A published policy; None for none.
        drop_path_rate: Share of the skippable branches that the last steps leave out; the first leave out none.
        ema_decay: Of the moving average of the weights, which is then what is judged and kept; None for none.
        train_on, amp, channels_last, accumulate, sync_batch_norm: As for a search.
        checkpoint_steps: Steps between two checkpoints.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    data_set: str = "auto"
    data_set_params: dict[str, Any] = {}
    validation_share: float = Field(default=0.0, ge=0, lt=1)
    seed: int = Field(default=0, ge=0, lt=2**32)

    epochs: int = Field(default=20, ge=1)
    warmup_epochs: int = Field(default=1, ge=0)
    batch_size: int = Field(default=32, ge=2)
    lr: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, gt=0, lt=1)
    weight_decay: float = Field(default=4e-5, ge=0)
    decay_norm_and_bias: bool = True
    max_gradient_norm: float | None = Field(default=None, gt=0)

    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mixup_alpha: float | None = Field(default=None, gt=0)
    cutout_length: int = Field(default=0, ge=0)
    auto_augment: PolicyName | None = None
    drop_path_rate: float = Field(default=0.0, ge=0, lt=1)
    ema_decay: float | None = Field(default=0.999, gt=0, lt=1)

    train_on: Processor = "auto"
    amp: Amp = "off"
    channels_last: bool = True
    accumulate: int = Field(default=1, ge=1)
    sync_batch_norm: bool = True
    checkpoint_steps: int = Field(default=500, ge=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"the learning rate climbs in all {self.epochs} epochs: set warmup_epochs lower (--set warmup_epochs=0)"
            )
        return self

    @classmethod
    def checked(cls, **values: Any) -> "RetrainConfig":
        """Return the config of these values.

        Raises:
            InvalidInput: A value is unknown or out of range; the message says which.
        """
        return checked_config(cls, "retraining", values)
