"""`search-client`: profile a device, search a network for it, predict and verify latencies."""

import typer

from search_client.commands import listing, predict, profile, report, search, verify

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

app.command()(profile.profile)
app.command()(search.search)
app.command()(predict.predict)
app.command()(verify.verify)
app.command()(report.report)
app.command()(listing.spaces)
app.command()(listing.networks)
