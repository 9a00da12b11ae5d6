"""RetrainResult: what a retraining came to; its folder's result.json."""

from pydantic import BaseModel, ConfigDict

from search_client.architecture import Architecture


class RetrainResult(BaseModel):
    """One retraining's outcome.

    Attributes:
        data_set: What was really trained on; `digits` where `auto` could not have CIFAR-10.
        test_accuracy: Top-1 on the data set's test images, which nothing was chosen by, 0 to 1.
        validation_accuracy: On what was held out of the training set; None where that was nothing.
        is_average: Whether the weights that are judged and kept are the moving average.
        skipped_steps: Steps left out because a gradient overflowed in half precision.
        seconds: Wall time, over all sessions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_set: str
    test_accuracy: float
    test_images: int
    validation_accuracy: float | None
    validation_images: int
    epochs: int
    steps: int
    is_average: bool
    macs: int
    parameters: int
    architecture: Architecture
    seed: int
    skipped_steps: int
    seconds: float
