"""docs/operations.md says of settings and metrics what the program does."""

import inspect
import re
from pathlib import Path

from latency_service.api.app import create_app
from latency_service.commands.migrate import migrate_database
from latency_service.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
#: Defaults that the machine decides.
_SHOWN = {"database": "a SQLite file in the user's data directory", "cors_origins": "none"}


def settings_table() -> str:
    rows = [f"| `{name}` | {_default(name)} | {said} |" for name, said in said_of_settings().items()]
    return "\n".join(["| setting | default | what |", "|---|---|---|", *rows])


def said_of_settings() -> dict[str, str]:
    """Return what the docstring of the settings says of each, in the order declared."""
    attributes = (inspect.getdoc(Settings) or "").partition("Attributes:\n")[2]
    joined = re.sub(r"\n {8,}", " ", attributes)
    return dict(re.findall(r"^ {4}(\w+): (.*)$", joined, re.MULTILINE))


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    return _SHOWN.get(name) or ("" if default is None else f"`{default}`")


def test_every_setting_is_explained_in_its_docstring() -> None:
    assert list(said_of_settings()) == list(Settings.model_fields)


def test_the_page_has_every_setting_with_its_default() -> None:
    assert settings_table() in PAGE, settings_table()


def test_the_page_has_every_metric_and_no_other(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'latency.db'}")
    migrate_database(settings)
    metrics = list(create_app(settings).state.context.meters.registry.collect())
    shown = {metric.name + ("_total" if metric.type == "counter" else "") for metric in metrics}
    assert shown == set(re.findall(r"`(latency_service_\w+)`", PAGE))
