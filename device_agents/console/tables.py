"""Tables of names and what belongs to them."""

from rich.table import Table
from rich.text import Text


def facts_table(title: str) -> Table:
    """Return an empty table of two columns, a name and a text that is folded where it is long."""
    table = Table(title=Text(title), show_header=False, title_justify="left")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table
