"""Software: the packages whose version and build change timings, and what the agent's owner has set up for them."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from device_agents.runtimes.settings import RuntimeSettings
from latency_service.contract.device import Fact

#: Whether the agent was told to use them or not; several distributions bring the module `onnxruntime`.
_PACKAGES = (
    "ai-edge-litert",
    "onnxruntime",
    "onnxruntime-directml",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "onnxruntime-qnn",
    "tflite-runtime",
    "torch",
)


def software_facts() -> dict[str, Fact]:
    """Return the version of each such package that is installed, and the tags of the build that it came as."""
    return {f"package.{name}": _version_and_build(name) for name in _PACKAGES}


def settings_facts(settings: RuntimeSettings) -> dict[str, Fact]:
    """Return what is set up beyond the runtimes' own: a provider's options change timings as a driver does."""
    facts: dict[str, Fact] = {
        f"{kind}.{name}": chosen.model_dump_json()
        for kind, named in (("provider", settings.providers), ("delegate", settings.delegates))
        for name, chosen in named.items()
    }
    # Only where it was chosen: hosts without a GPU keep the state that they have.
    return facts | ({"cuda_device": settings.cuda_device} if settings.cuda_device else {})


def _version_and_build(name: str) -> str | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return " ".join((found.version, *_build_tags(found)))


def _build_tags(found: Distribution) -> list[str]:
    """Return for which interpreters and platforms the wheel was built, without importing what is in it."""
    lines = (found.read_text("WHEEL") or "").splitlines()
    return sorted(line.removeprefix("Tag:").strip() for line in lines if line.startswith("Tag:"))
