"""The picture: predicted against measured, a panel a predictor."""

import io
from collections.abc import Sequence
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from search_client.audit.account import Audit, NetworkAccount
from search_client.audit.predictors import LABELS, Predictor
from search_client.audit.text import predictors_of
from search_client.report.plots import LINE_COLOURS

PictureFormat = Literal["svg", "png"]

_INCHES_A_PANEL, _MARGIN_INCHES = 3.4, 1.0
_LEGEND_COLUMNS = 6
_DOTS_AN_INCH = 150
_MARGIN = 0.05
_MARKERS = {"held_out": "o", "published": "D"}
_NAMES = {"held_out": "held out", "published": "published"}


def picture(audit: Audit, picture_format: PictureFormat) -> bytes:
    """Return the picture; on the diagonal a prediction is right. Colours are sessions, diamonds published networks."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "audit"}):  # the same account, the same file
        metadata = {"Date": None} if picture_format == "svg" else None
        _figure(audit).savefig(buffer, format=picture_format, dpi=_DOTS_AN_INCH, metadata=metadata)
    return buffer.getvalue()


def _figure(audit: Audit) -> Figure:
    predictors = predictors_of(audit)
    figure = Figure(figsize=(_INCHES_A_PANEL * len(predictors), _INCHES_A_PANEL + _MARGIN_INCHES), layout="constrained")
    panels = figure.subplots(1, len(predictors), sharex=True, sharey=True, squeeze=False)[0]
    for axes, predictor in zip(panels, predictors, strict=True):
        axes.set(xlabel="measured, ms", title=LABELS[predictor])
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        _draw_panel(axes, audit, predictor)
    panels[0].set_ylabel("predicted, ms")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=_LEGEND_COLUMNS)
    return figure


def _draw_panel(axes: Axes, audit: Audit, predictor: Predictor) -> None:
    low, high = _limits(audit)
    axes.plot([low, high], [low, high], color="#999999", linewidth=1)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    colours = LINE_COLOURS * len(audit.sessions)
    for colour, session in zip(colours, audit.sessions, strict=False):
        for group, marker in _MARKERS.items():
            shown = [each for each in session.networks if each.group == group and predictor in each.predicted_ms]
            if shown:
                label = f"session {session.number}, {_NAMES[group]}"
                axes.scatter(*_points(shown, predictor), s=14, marker=marker, color=colour, alpha=0.7, label=label)


def _points(networks: Sequence[NetworkAccount], predictor: Predictor) -> tuple[list[float], list[float]]:
    return [each.measured_ms for each in networks], [each.predicted_ms[predictor] for each in networks]


def _limits(audit: Audit) -> tuple[float, float]:
    networks = [network for session in audit.sessions for network in session.networks]
    values = [ms for network in networks for ms in (network.measured_ms, *network.predicted_ms.values())]
    margin = _MARGIN * max(values)
    return max(0.0, min(values) - margin), max(values) + margin
