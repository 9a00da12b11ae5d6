"""Whether a table's sums tell what networks take: what a search has to rely on."""

from collections.abc import Iterable

from latency_service.contract.errors import InvalidInput
from search_client.latency.table import LatencyTable


class NotAdditive(InvalidInput):
    """Sums of a table's ops do not tell what networks take; a search would make the wrong thing small."""

    code = "not_additive"


def require_additive(tables: Iterable[LatencyTable]) -> None:
    """Check that no table is known to be useless for a search.

    Raises:
        NotAdditive: The anchors of one say so; the first is named.
    """
    for table in tables:
        correction = table.snapshot.correction
        if correction is not None and correction.additivity == "not_additive":
            raise NotAdditive(
                f"on {table.device} ({table.conditions}) a network does not take what its ops take together: even "
                f"corrected sums are {correction.held_out.mape_percent:.1f} % off (snapshot {table.snapshot_id}). "
                "Measure again while nothing else uses the device (`search-client profile --max-age-s 0`), with more "
                "networks (`--anchors 20`), or search all the same with --accept-not-additive"
            )
