"""SearchConfig: everything that one search depends on, beside the snapshot it is pinned to."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from search_client.compute import Amp, Processor
from search_client.derivation import DerivationRule
from search_client.latency.objective import Combination
from search_client.settings_file import checked_config
from search_client.training.targets import CostTarget, Target

Beta = Annotated[float, Field(ge=0, lt=1)]


class SearchConfig(BaseModel):
    """One search. The defaults are ProxylessNAS's, scaled to CIFAR-10 on two CPU cores: about three minutes a search.

    Attributes:
        space_params: For `make_space`, such as `{"width_mult": 0.5}`; the data set sets resolution and num_classes.
        targets: A device each; the run pins a table of each.
        costs: What else the network shall cost: multiply-accumulates, parameters, or a column of a file.
        combination: Whether all targets and costs count at each architecture step, or the one alone that is exceeded
            most.
        derivation: Whether the network is the most probable one, or the most probable one within all targets.
        accept_not_additive: Search, too, where a table's anchors say that sums of ops do not tell what networks take.
        data_set: A name, or `auto`.
        data_set_params: What that is loaded with, such as `{"root": "/data/imagenet"}` of `image-folder`.
        image_limit: Training images that weights and alphas share; None takes all that validation leaves.
        alpha_share: Share of those held out for the architecture steps.
        validation_share: Share of the whole training set that neither weights nor alphas see.
        batch_size: Images a weight step, over all processes and parts together; an architecture step has as many.
        train_on: The processor that trains; `auto` takes a GPU where there is one.
        amp: Automatic mixed precision.
        accumulate: Parts of a batch that run one after another and make one step, where memory is short.
        offload: Whether candidates that do not run wait in host memory.
        sync_batch_norm: Whether batch statistics are those of all processes together: their number then changes
            nothing but the speed. Without it each normalises by its own part, and the first one's are kept.
        warmup_epochs: Epochs of weight steps over uniform paths before the architecture moves.
        search_epochs: Epochs of weight steps that alternate with architecture steps.
        rest_epochs: Of these, the first ones in which the architecture still rests.
        weight_steps_per_arch_step: After every so many weight steps of the search follows one architecture step.
        settle_steps: Further steps at most, each with an architecture step, until the derived network meets its target.
        fine_tune_epochs: Epochs that the derived network trains, starting from the supernet's weights.
        weight_lr: Peak of the cosine over warm-up and search; `fine_tune_lr` that of the fine-tuning.
        label_smoothing: Of the labels that weights, and the architecture where not `plain_alpha_batches`, learn from.
        plain_alpha_batches: Whether the architecture learns from images and labels as they are, as in the released
            code; else from augmented images and smoothed labels, as the weights do.
        warmup_lr: Peak of the warm-up's own cosine, the search then having one of `weight_lr`; None: one spans both.
        checkpoint_steps: Weight steps between two checkpoints.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    space: str = "proxyless-cifar"
    space_params: dict[str, Any] = {}
    targets: tuple[Target, ...] = Field(min_length=1)
    costs: tuple[CostTarget, ...] = ()
    combination: Combination = "all"
    derivation: DerivationRule = "budgeted"
    strategy: str = "proxyless-gradient"
    strategy_params: dict[str, Any] = {}
    loss: str = "constrained"
    loss_params: dict[str, Any] = {}
    accept_not_additive: bool = False
    seed: int = Field(default=0, ge=0, lt=2**32)

    data_set: str = "auto"
    data_set_params: dict[str, Any] = {}
    image_limit: int | None = Field(default=15_000, ge=1)
    alpha_share: float = Field(default=0.2, gt=0, lt=1)
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    batch_size: int = Field(default=32, ge=2)

    train_on: Processor = "auto"
    amp: Amp = "off"
    channels_last: bool = True
    accumulate: int = Field(default=1, ge=1)
    offload: bool = False
    sync_batch_norm: bool = True

    warmup_epochs: int = Field(default=2, ge=0)
    search_epochs: int = Field(default=4, ge=1)
    rest_epochs: int = Field(default=0, ge=0)
    weight_steps_per_arch_step: int = Field(default=3, ge=1)
    settle_steps: int = Field(default=300, ge=0)
    fine_tune_epochs: int = Field(default=4, ge=0)

    weight_lr: float = Field(default=0.05, gt=0)
    warmup_lr: float | None = Field(default=None, gt=0)
    fine_tune_lr: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, gt=0, lt=1)
    weight_decay: float = Field(default=4e-5, ge=0)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    plain_alpha_batches: bool = False
    alpha_lr: float = Field(default=0.1, gt=0)
    alpha_betas: tuple[Beta, Beta] = (0.0, 0.999)

    checkpoint_steps: int = Field(default=250, ge=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"batch_size {self.batch_size} cannot be cut into accumulate={self.accumulate} equal parts"
            )
        if self.rest_epochs >= self.search_epochs:
            raise ValueError("the architecture rests in all search_epochs: make rest_epochs fewer")
        return self

    @classmethod
    def checked(cls, **values: Any) -> "SearchConfig":
        """Return the config of these values.

        Raises:
            InvalidInput: A value is unknown, missing or out of range; the message says which.
        """
        return checked_config(cls, "search", values)
