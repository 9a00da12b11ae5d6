"""The command line, joined from its commands."""

import typer

from latency_service.commands.migrate import migrate
from latency_service.commands.serve import serve

app = typer.Typer(help="Keep and serve latency tables.", no_args_is_help=True, add_completion=False)
app.command()(serve)
app.command()(migrate)
