from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from latency_service.database import Database
from latency_service.tally import Tally, count


def test_what_a_transaction_counts_is_told_when_it_is_committed(database_url: str) -> None:
    told: list[Tally] = []
    database = Database(database_url, on_commit=told.append)
    with database.writing() as session:
        count(session, "leases", "granted")
        count(session, "jobs_lent", number=20)
        count(session, "leases", "expired", number=0)
        assert told == []
    database.close()
    assert told == [Counter({("leases", ("granted",)): 1, ("jobs_lent", ()): 20})]


def test_what_is_undone_never_counts(database_url: str) -> None:
    told: list[Tally] = []
    database = Database(database_url, on_commit=told.append)

    def count_and_fail() -> None:
        with database.writing() as session:
            count(session, "leases", "granted")
            session.execute(text("INSERT INTO workloads VALUES ('k', 'identity', NULL)"))

    with pytest.raises(IntegrityError):
        count_and_fail()
    database.close()
    assert told == []
