"""Media types: the forms in which a snapshot can be had over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass

from latency_service.interchange import arrow_table, csv_file


@dataclass(frozen=True)
class MediaType:
    """One form of a snapshot.

    Attributes:
        name: As Accept and Content-Type have it.
        suffix: Tells its ETag from those of the other forms.
        write: Makes it from the snapshot's canonical JSON.
        is_compressed: Whether compressing it again would be idle.
    """

    name: str
    suffix: str
    write: Callable[[bytes], bytes]
    is_compressed: bool = False

    @property
    def content_type(self) -> str:
        """The name with what a reader must know besides."""
        return f"{self.name}; charset=utf-8; header=present" if self.name == "text/csv" else self.name


JSON = MediaType("application/json", "", bytes)
#: The first is what a caller gets who has no wish.
MEDIA_TYPES = (
    JSON,
    MediaType("text/csv", ".csv", csv_file.write),
    MediaType("application/vnd.apache.parquet", ".parquet", arrow_table.write_parquet, is_compressed=True),
    MediaType("application/vnd.apache.arrow.stream", ".arrow", arrow_table.write_stream),
)
