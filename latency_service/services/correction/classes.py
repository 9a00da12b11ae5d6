"""Classes: what ops have in common that a runtime, or a place in a network, treats alike."""

from latency_service.contract.keys import OpKey, read_fields


def classes_of(key: str) -> tuple[str, ...]:
    """Return the names of an op's classes: how it is computed, where in a network it stands, and how wide it is inside.

    How: kind, kernel size and stride, by which a runtime chooses its routine. Where: kind and height of the input, as
    what isolation gets wrong goes with the size of feature maps (layout reorders early, weights that are no longer
    cached late). How wide: kind and expand ratio, with which goes what a block leaves in the caches. Their deviations
    add up, which tells ops apart by few numbers; docs/adr/0031 has the figures of other choices.
    """
    told = read_fields(OpKey(key))
    kind = told["kind"]
    how = f"{kind}-kernel{told.get('kernel_size', '')}-stride{told.get('stride', '')}"
    return how, f"{kind}-at{told['input_height']}", f"{kind}-expand{told.get('expand_ratio', '')}"
