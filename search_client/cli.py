"""`search-client`: profile a device, search a network for it, predict and verify latencies, export and compare."""

import typer

from search_client.commands import (
    advise,
    audit,
    compare,
    evaluate,
    export,
    listing,
    predict,
    profile,
    report,
    retrain,
    search,
    verify,
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

app.command()(profile.profile)
app.command()(advise.advise)
app.command()(search.search)
app.command()(predict.predict)
app.command()(verify.verify)
app.command()(audit.audit)
app.command()(report.report)
app.command()(retrain.retrain)
app.command()(evaluate.evaluate)
app.command()(export.export)
app.command()(compare.compare)
app.command()(listing.spaces)
app.command()(listing.networks)
app.command()(listing.losses)
app.command()(listing.strategies)
app.command()(listing.data_sets)
