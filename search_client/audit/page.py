"""The account as a page of its own."""

import jinja2

from search_client.audit.account import Audit
from search_client.audit.picture import picture
from search_client.audit.predictors import LABELS
from search_client.audit.text import (
    GROUP_TITLES,
    difference_cells,
    figure_cells,
    floor_cells,
    predictors_of,
    published_rows,
    sentences,
    session_cells,
)


def render_page(audit: Audit, title: str = "What the table says of whole networks") -> str:
    """Return a self-contained HTML page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("search_client.audit"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    svg = picture(audit, "svg").decode()
    predictors = predictors_of(audit)
    verdict, *remarks = sentences(audit)
    return environment.get_template("audit.html.j2").render(
        title=title,
        settings=audit.settings,
        anchors=audit.anchors,
        verdict=verdict,
        remarks=remarks,
        labels=LABELS,
        predictors=predictors,
        groups=[
            (GROUP_TITLES[group], [(LABELS[name], figure_cells(each)) for name, each in by_predictor.items()])
            for group, by_predictor in audit.figures.items()
        ],
        floor=floor_cells(audit),
        sessions=[session_cells(session, predictors) for session in audit.sessions],
        published=list(published_rows(audit)),
        differences=[(each.op, *difference_cells(each)) for each in audit.differences],
        svg=svg[svg.index("<svg") :],
    )
