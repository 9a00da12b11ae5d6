"""The options of `search-client search` that no other command has."""

from pathlib import Path
from typing import Annotated

import typer

from search_client.compute import Amp, Processor
from search_client.derivation import DerivationRule
from search_client.latency.objective import Combination

Devices = Annotated[
    list[str] | None,
    typer.Option(
        help="DEVICE, or all of DEVICE/RUNTIME:LATENCYms@WEIGHT, such as pixel-8/tflite:20ms; repeatable for several."
    ),
]
CombinationOption = Annotated[
    Combination | None,
    typer.Option(help="Of several devices and costs: all count at each step, or the worst alone; default all."),
]
Costs = Annotated[
    list[str] | None,
    typer.Option(
        "--cost",
        help="What else to keep: macs:300e6, parameters:4e6, or FILE:COLUMN:TARGET of a CSV or Parquet file with op "
        "keys in column op, such as energy.csv:energy_mj:5; @WEIGHT behind it; repeatable.",
    ),
]
DerivationOption = Annotated[
    DerivationRule | None,
    typer.Option(
        help="Build the most probable network within all targets, or the most probable one; default budgeted."
    ),
]
AcceptNotAdditive = Annotated[
    bool | None,
    typer.Option(
        "--accept-not-additive", help="Search, too, where a table's own anchors say that its sums are no latencies."
    ),
]
StrategyName = Annotated[
    str | None,
    typer.Option("--strategy", help="`search-client strategies` lists them with their parameters."),
]
StrategyParams = Annotated[
    list[str] | None, typer.Option("--strategy-param", help="Parameter of it, such as gates=full; repeatable.")
]
LossName = Annotated[
    str | None, typer.Option("--loss", help="How latency counts; `search-client losses` lists the ways.")
]
LossParams = Annotated[
    list[str] | None, typer.Option("--loss-param", help="Parameter of it, such as weight=0.2; repeatable.")
]
WarmupEpochs = Annotated[int | None, typer.Option(min=0, help="Of weights alone, over uniform paths; default 2.")]
SearchEpochs = Annotated[int | None, typer.Option(min=1, help="Of weights and architecture in turn; default 4.")]
FineTuneEpochs = Annotated[int | None, typer.Option(min=0, help="Of the derived network; default 4.")]
Run = Annotated[Path | None, typer.Option(help="Folder of the run; everything that comes of it goes there.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings in TOML, or another run's config.json; options go before it.")
]
Preset = Annotated[
    str | None, typer.Option(help="cifar or imagenet: settings to start from; default: what belongs to the space.")
]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Print these settings as TOML, and search nothing.")]
TrainOn = Annotated[Processor | None, typer.Option(help="Processor that trains; default auto: a GPU if there is one.")]
AmpOption = Annotated[Amp | None, typer.Option(help="Automatic mixed precision; default off.")]
OffloadOption = Annotated[
    bool | None, typer.Option("--offload", help="Keep candidates that do not run in host memory, not on the GPU.")
]
DataSetName = Annotated[
    str | None, typer.Option("--data-set", help="`search-client data-sets` lists them; default auto.")
]
Seed = Annotated[int | None, typer.Option(help="Of everything random; default 0.")]
ImageLimit = Annotated[int | None, typer.Option(min=1, help="Training images used; default 15000.")]
TargetMs = Annotated[float | None, typer.Option(help="Latency that the network shall have.")]
Resume = Annotated[bool, typer.Option(help="Go on with the run that the folder holds.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Any other search setting, such as alpha_lr=0.02; repeatable.")
]
