"""Predicting: lookups that may be answered from the table's latency model where the table lacks an op.

A measured value always goes first. What is predicted says so, is never stored, and never gets into a snapshot. Models
are fitted between transactions, as a second is long for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from latency_service.contract.conditions import Conditions
from latency_service.contract.messages import TableId
from latency_service.database import Database
from latency_service.modelling.limits import TooFewRows
from latency_service.services import lookup
from latency_service.services.entries import encode
from latency_service.services.lookup import Values
from latency_service.services.table_models import TableModel, TableModels
from latency_service.services.warm_tables import WarmTable, WarmTables


@dataclass(frozen=True)
class Known:
    """What a table's latest snapshot holds, and what the table has of the keys that were asked for.

    Attributes:
        transferred: What a quick profile had predicted from other devices' tables.
    """

    table: WarmTable
    cut: Mapping[str, bytes]
    transferred: Mapping[str, bytes]
    values: Values


class Predictor:
    """Answers lookups with predicted values among the measured ones; any number of threads may use it.

    Args:
        database: Of the tables.
        tables: What is in memory of them.
        models: And of their models.
    """

    def __init__(self, database: Database, tables: WarmTables, models: TableModels) -> None:
        self._database = database
        self._tables = tables
        self._models = models

    def look_up(self, table_id: str, keys: Sequence[str]) -> bytes:
        """Return every key's value, in the order asked: a LookupAnswer as JSON.

        Raises:
            TableNotFound: No table has that id.
            MissingEntries: The table lacks some of the keys, which cannot be predicted either; all these are listed.
            InvalidKey: One of the missing keys is no key at all.
        """
        known = self.known(table_id, keys)
        return lookup.lookup_answer(known.table, self._completed(known), keys)

    def latency(self, device: str, conditions: Conditions, key: str) -> bytes:
        """Return one key's value in the table of the device's present state: a LatencyAnswer as JSON.

        Raises:
            DeviceNotFound: No device of that name has registered.
            MissingEntries: The table lacks the key, and it cannot be predicted.
            TableNotFound: Nothing was measured in that state under those conditions.
            InvalidKey: The key is no key at all.
        """
        known = self._database.read(
            lambda session: self._known(
                session, lookup.present_table(session, self._tables, device, conditions, key), [key]
            )
        )
        return lookup.latency_answer(known.table, self._completed(known)[key])

    def known(self, table_id: str, keys: Sequence[str]) -> Known:
        """Return what a table has of the keys.

        Raises:
            TableNotFound: No table has that id.
            InvalidKey: One of the missing keys is no key at all.
        """
        return self._database.read(
            lambda session: self._known(session, self._tables.find(session, TableId(table_id)), keys)
        )

    def model(self, known: Known) -> TableModel:
        """Return the table's model.

        Raises:
            TooFewRows: Its latest snapshot holds too few ops.
        """
        return self._models.of(known.table, known.cut)

    def _known(self, session: Session, table: WarmTable, keys: Sequence[str]) -> Known:
        index = self._tables.load_index(session, table)
        return Known(table, index.entries, index.predicted, lookup.find_values(session, self._tables, table, keys))

    def _completed(self, known: Known) -> Mapping[str, bytes]:
        if not known.values.missing:
            return known.values.values
        values = {**known.values.values} | {
            key: known.transferred[key] for key in known.values.missing if key in known.transferred
        }
        missing = [key for key in known.values.missing if key not in values]
        if not missing:
            return values
        reasons = self.reasons(known, missing)
        if reasons:
            raise self._missing_entries(known.table, reasons)
        predicted = self.model(known).predict(missing)
        return values | {key: encode(entry.model_dump(mode="json")).encode() for key, entry in predicted.items()}

    def reasons(self, known: Known, missing: Sequence[str]) -> dict[str, str]:
        """Return by key why the table's model cannot predict some of what the table lacks."""
        try:
            model = self.model(known)
        except TooFewRows as error:
            return dict.fromkeys(missing, str(error))
        found = {key: model.why_not(key) for key in missing}
        return {key: reason for key, reason in found.items() if reason is not None}

    def _missing_entries(self, table: WarmTable, reasons: Mapping[str, str]) -> Exception:
        why = f"not predicted, as {'; '.join(dict.fromkeys(reasons.values()))}"
        return self._database.read(
            lambda session: lookup.missing_entries(
                session, table.table.device, table.table.conditions, list(reasons), why
            )
        )
