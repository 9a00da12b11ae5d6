"""The matrix as a page of its own."""

import jinja2

from search_client.comparison.matrix import Matrix
from search_client.comparison.picture import picture


def render_page(matrix: Matrix, title: str = "Networks by devices") -> str:
    """Return a self-contained HTML page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("search_client.comparison"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    svg = picture(matrix, "svg").decode()
    return environment.get_template("comparison.html.j2").render(
        title=title,
        matrix=matrix,
        sentences=[standing.describe() for standing in matrix.standings],
        svg=svg[svg.index("<svg") :],
    )
