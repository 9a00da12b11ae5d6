"""Checking an export: the file, in its own runtime, against the torch network that it was made of."""

from pydantic import BaseModel, ConfigDict
from torch import nn

from latency_service.contract.errors import LatencyError
from search_client.data.dataset import ImageSet, LabelledImages
from search_client.export.model_file import ModelPrecision
from search_client.export.running import ModelSession, logits_of
from search_client.scoring import OnImages, classify_all, score, tell_nobody

#: Largest difference of a float32 logit from torch's, as a share of the largest logit where that is beyond 1.
TOLERANCE = 1e-4


class ExportDiffers(LatencyError):
    """A float32 file says something else than the network that it was made of: it is of no use, and was not written."""

    code = "export_differs"


class ExportCheck(BaseModel):
    """File and network on the same test images.

    Attributes:
        runtime: What ran the file, with its version.
        accuracy: Of the file, top-1, 0 to 1.
        torch_accuracy: Of the network in torch.
        largest_difference: Between two logits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: str
    images: int
    accuracy: float
    torch_accuracy: float
    largest_difference: float


def check_export(
    session: ModelSession,
    module: nn.Module,
    precision: ModelPrecision,
    images: LabelledImages,
    image_set: ImageSet,
    on_images: OnImages = tell_nobody,
) -> ExportCheck:
    """Run both on the same images.

    Args:
        session: The file.
        module: The network, in evaluation mode.
        precision: Of the file; float32 must say what torch says.
        images: Of the data set.
        image_set: The data set.
        on_images: As for `classify_all`; each image is run twice.

    Raises:
        ExportDiffers: A float32 file does not.
        InvalidInput: The data set is not the network's, or none of the images can be read.
    """
    expected, labels = classify_all(module, images, image_set, on_images)
    logits, _ = classify_all(lambda pixels: logits_of(session, pixels), images, image_set, on_images)
    difference = float((logits - expected).abs().max())
    limit = TOLERANCE * max(1.0, float(expected.abs().max()))
    if precision == "fp32" and not difference <= limit:  # NaN is no agreement either
        raise ExportDiffers(
            f"a logit of the file in {session.runtime} differs by {difference:.3g} from torch's, more than "
            f"{limit:.3g}: please report the architecture, this runtime and its version"
        )
    return ExportCheck(
        runtime=session.runtime,
        images=len(labels),
        accuracy=score(logits, labels).accuracy,
        torch_accuracy=score(expected, labels).accuracy,
        largest_difference=difference,
    )
