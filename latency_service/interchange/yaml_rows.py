"""YAML rows: a map of maps of numbers, read event by event.

Nothing is ever constructed from what a file says: tags are not resolved, aliases not followed, and what lies deeper
than a row's values is passed over. A bomb of aliases costs as much as its text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from latency_service.contract.errors import ImportRefused
from latency_service.interchange.cells import number_or_text
from latency_service.services.sheets import MOST_ROWS

#: Deeper than any table; the parser would go to a thousand.
_DEEPEST = 20
#: Of keys, values, and ends of maps; a row of a table has eleven.
_MOST_EVENTS = 20 * MOST_ROWS
_MOST_CELLS = 20

Cell = int | float | str | None


@dataclass
class YamlRow:
    """One row: `key: {name: value, ...}`.

    Attributes:
        line: The key's, from 1 on.
        flaw: Why it is no such row; None where it is one.
    """

    line: int
    key: str
    cells: dict[str, Cell] = field(default_factory=dict)
    flaw: str | None = None


def read_rows(content: bytes) -> Iterator[YamlRow]:
    """Yield the rows of a YAML file.

    Raises:
        ImportRefused: The file is no YAML, or no map of rows; rows before the place have been yielded.
    """
    events = _events(content)
    start = next(events, None)
    if not isinstance(start, yaml.MappingStartEvent):
        raise ImportRefused("the file is no map of rows: it must look like `KEY: {count: ..., mean: ...}`")
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        yield _row(key, events)
    if next(events, None) is not None:
        raise ImportRefused("the file holds more than one YAML document")


def _events(content: bytes) -> Iterator[yaml.Event]:
    depth = 0
    try:
        for number, event in enumerate(yaml.parse(content, Loader=yaml.CSafeLoader)):
            if number > _MOST_EVENTS:
                raise ImportRefused(f"the file has more than {_MOST_EVENTS:,} keys and values; no table does")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise ImportRefused(f"line {_line(event)}: the file is nested deeper than {_DEEPEST} levels")
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                yield event
    except yaml.YAMLError as error:
        raise ImportRefused(f"the file is no YAML: {' '.join(str(error).split())}") from None
    except UnicodeError as error:
        raise ImportRefused(f"the file is no YAML: {error}") from None


def _row(key: yaml.Event, events: Iterator[yaml.Event]) -> YamlRow:
    row = YamlRow(_line(key), key.value if isinstance(key, yaml.ScalarEvent) else f"a {_kind(key)}")
    if not isinstance(key, yaml.ScalarEvent):
        row.flaw = f"its key is a {_kind(key)}, no text"
        _pass_over(key, events)
    value = next(events)
    if not isinstance(value, yaml.MappingStartEvent) or value.tag is not None:
        row.flaw = row.flaw or f"its value is a {_kind(value)}, no map such as {{count: ..., mean: ...}}"
        _pass_over(value, events)
        return row
    while not isinstance(name := next(events), yaml.MappingEndEvent):
        _read_cell(row, name, events)
    return row


def _read_cell(row: YamlRow, name: yaml.Event, events: Iterator[yaml.Event]) -> None:
    if not isinstance(name, yaml.ScalarEvent):
        row.flaw = row.flaw or f"it has a {_kind(name)} for a name"
        _pass_over(name, events)
        _pass_over(next(events), events)
        return
    value = next(events)
    if not isinstance(value, yaml.ScalarEvent) or value.tag is not None:
        row.flaw = row.flaw or f"{name.value[:40]!r} is a {_kind(value)}, no number"
        _pass_over(value, events)
    elif name.value in row.cells or len(row.cells) == _MOST_CELLS:
        row.flaw = row.flaw or f"{name.value[:40]!r} is there twice, or beside too many others"
    else:
        row.cells[name.value] = _cell(value)


def _cell(event: yaml.ScalarEvent) -> Cell:
    if event.style:
        return str(event.value)  # in quotes
    return None if event.value in ("", "~", "null") else number_or_text(event.value)


def _pass_over(event: yaml.Event, events: Iterator[yaml.Event]) -> None:
    depth = int(isinstance(event, yaml.CollectionStartEvent))
    while depth:
        inner = next(events)
        depth += isinstance(inner, yaml.CollectionStartEvent) - isinstance(inner, yaml.CollectionEndEvent)


def _kind(event: yaml.Event) -> str:
    tag = getattr(event, "tag", None)
    if tag is not None:
        return f"tagged value ({str(tag)[:60]})"
    names = {yaml.AliasEvent: "reference", yaml.SequenceStartEvent: "list", yaml.MappingStartEvent: "map"}
    return names.get(type(event), "single value")


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "the parser marks every event"
    return event.start_mark.line + 1
