"""The command line, joined from its commands."""

import typer

from latency_service.commands import devices, keys, profiles, snapshots
from latency_service.commands.backup import backup
from latency_service.commands.doctor import doctor
from latency_service.commands.exporting import export
from latency_service.commands.importing import import_file
from latency_service.commands.migrate import migrate
from latency_service.commands.openapi import openapi
from latency_service.commands.serve import serve

app = typer.Typer(help="Keep and serve latency tables.", no_args_is_help=True, add_completion=False)
for command in (serve, migrate, export, backup, doctor, openapi):
    app.command()(command)
app.command("import")(import_file)
app.add_typer(devices.app, name="devices")
app.add_typer(profiles.app, name="profiles")
app.add_typer(snapshots.app, name="snapshots")
app.add_typer(keys.app, name="keys")
