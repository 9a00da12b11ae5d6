"""Formats: the files that latencies come from and go to; the one registry."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from latency_service.contract.errors import ImportRefused, InvalidInput, UnknownName
from latency_service.interchange import (
    arrow_table,
    csv_file,
    csv_reader,
    json_file,
    ofa_yaml,
    parquet_file,
    proxylessnas_yaml,
)
from latency_service.interchange.reading import Reading
from latency_service.interchange.writing import Written
from latency_service.services.sheets import Sheet

#: Several times the largest table as CSV.
MOST_BYTES = 32 * 2**20


class Read(Protocol):
    """Reads a file; raises ImportRefused where it is wrong as a whole."""

    def __call__(self, content: bytes, reading: Reading) -> Sheet:
        """Return the rows that can be entries, and remarks on those that cannot."""


class Write(Protocol):
    """Writes a snapshot, given its canonical JSON."""

    def __call__(self, content: bytes) -> Written:
        """Return the file, and what the format cannot say."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        suffix: A file that ends with it is taken for one, unless another format is named; None where it tells nothing.
        read: Every format can be read.
        write: None where it cannot be written.
    """

    name: str
    suffix: str | None
    read: Read
    write: Write | None


FORMATS = (
    Format("csv", ".csv", csv_reader.read, lambda content: Written(csv_file.write(content))),
    Format("json", ".json", json_file.read, lambda content: Written(content)),
    Format("parquet", ".parquet", parquet_file.read, lambda content: Written(arrow_table.write_parquet(content))),
    Format("proxylessnas-yaml", None, proxylessnas_yaml.read, proxylessnas_yaml.write),
    Format("ofa-yaml", None, ofa_yaml.read, None),
)


def find_format(name: str | None, file: PurePath) -> Format:
    """Return the format of that name, or the one that the file's ending tells.

    Raises:
        UnknownName: There is no format of that name.
        InvalidInput: No name is given, and the ending tells nothing.
    """
    if name is None:
        found = next((each for each in FORMATS if each.suffix == file.suffix.lower()), None)
        if found is None:
            raise InvalidInput(f"the ending of {file.name!r} tells no format; name one: --format {_names()}")
        return found
    found = next((each for each in FORMATS if each.name == name), None)
    if found is None:
        raise UnknownName(f"no format is called {name!r}; known are {_names()}")
    return found


def find_writer(name: str | None, file: PurePath) -> Write:
    """Return what writes a format, by its name or by the file's ending.

    Raises:
        UnknownName: There is no format of that name.
        InvalidInput: The ending tells nothing, or the format cannot be written.
    """
    found = find_format(name, file)
    if found.write is None:
        raise InvalidInput(f"{found.name} can be imported only; proxylessnas-yaml is the one to export")
    return found.write


def read(file_format: Format, content: bytes, reading: Reading) -> Sheet:
    """Return what a file says.

    Raises:
        ImportRefused: The file is too large, or none of that format.
    """
    if len(content) > MOST_BYTES:
        raise ImportRefused(f"the file has more than {MOST_BYTES:,} bytes; no table does")
    return file_format.read(content, reading)


def _names() -> str:
    return ", ".join(each.name for each in FORMATS)
