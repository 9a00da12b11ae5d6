import pytest

from benchmarks.service_report import Figure, Report, scale, with_later


def figure(value: float, goal: float | None = None, best: str = "more") -> Figure:
    return Figure.model_validate(
        {"name": "reads", "engine": "sqlite", "value": value, "unit": "1/s", "goal": goal, "best": best}
    )


@pytest.mark.parametrize(
    ("value", "goal", "best", "is_met"),
    [(2.0, 1.0, "more", True), (0.5, 1.0, "more", False), (0.5, 1.0, "less", True), (2.0, 1.0, "less", False)],
)
def test_a_goal_is_met_on_its_better_side(value: float, goal: float, best: str, is_met: bool) -> None:
    assert figure(value, goal, best).is_met is is_met


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    assert figure(1.0).is_met is None


@pytest.mark.parametrize(("best", "worse_by"), [("more", 0.25), ("less", -0.25)])
def test_a_later_value_is_worse_or_better_by_its_distance(best: str, worse_by: float) -> None:
    (changed,) = with_later([figure(4.0, best=best)], [figure(3.0, best=best)])
    assert changed.change == pytest.approx(worse_by)


def test_goals_scale_with_the_bare_app() -> None:
    assert scale(34_000) == 2.0
    assert Report(bare_per_s=8_500, measurements=0, figures=()).scale == 0.5
