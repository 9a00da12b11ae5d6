"""Context: what every handler is handed - the database, the clock and the settings of this app."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from latency_service.api.meters import Meters
from latency_service.api.snapshot_forms import SnapshotForms
from latency_service.clock import Clock
from latency_service.database import Database
from latency_service.services.predicting import Predictor
from latency_service.services.warm_tables import WarmTables
from latency_service.settings import Settings


@dataclass(frozen=True)
class Context:
    """Made once, by the app factory."""

    database: Database
    clock: Clock
    settings: Settings
    tables: WarmTables
    forms: SnapshotForms
    predictor: Predictor
    meters: Meters

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.clock()


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


FromContext = Annotated[Context, Depends(_context)]
