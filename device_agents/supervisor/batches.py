"""Batches: spooled results put together into uploads that any service takes."""

from collections.abc import Iterable, Iterator

from device_agents.supervisor.spool import SpooledResult

MOST_RESULTS = 64
MOST_BYTES = 4 * 2**20


def in_batches(results: Iterable[SpooledResult]) -> Iterator[list[SpooledResult]]:
    """Yield the results in their order, those of one lease that follow each other together, up to the limits.

    One that is larger than the limit goes by itself.
    """
    batch: list[SpooledResult] = []
    size = 0
    for spooled in results:
        length = len(spooled.model_dump_json())
        is_other = bool(batch) and spooled.token != batch[0].token
        if is_other or len(batch) == MOST_RESULTS or (batch and size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(spooled)
        size += length
    if batch:
        yield batch
