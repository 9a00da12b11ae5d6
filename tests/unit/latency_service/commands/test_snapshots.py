import json

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from latency_service.cli import app
from latency_service.contract.messages import Correction, ProfileStatus
from latency_service.contract.network import workload_key
from latency_service.database import Database
from latency_service.tables import Measurement
from tests.contract.chains import ANCHORS, work
from tests.contract.service import Service
from tests.service_data import keys, ops


@pytest.fixture
def service(database_url: str) -> Service:
    service = Service(Database(database_url))
    service.register()
    return service


@pytest.fixture
def update(service: Service) -> tuple[ProfileStatus, ProfileStatus]:
    """A device before and after an update that made it slower."""
    before = service.measure(ops(3), 1.0)
    service.register(governor="powersave")
    return before, service.measure(ops(2), 1.5)


def run(service: Service, *arguments: str) -> Result:
    url = service.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(app, ["snapshots", *arguments, "--database", url], env={"COLUMNS": "200"})


def test_the_snapshots_of_a_table_are_listed(service: Service) -> None:
    status = service.measure(ops(3))
    (line,) = (line for line in run(service, "list", status.table_id or "").stdout.splitlines() if "2030-01-01" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [status.snapshot_id, "2030-01-01 00:00:00", "3"]
    told = json.loads(run(service, "list", status.table_id or "", "--json").stdout)
    assert [cut["snapshot_id"] for cut in told["snapshots"]] == [status.snapshot_id]


def test_without_a_table_the_tables_are_listed(service: Service, update: tuple[ProfileStatus, ProfileStatus]) -> None:
    lines = [line for line in run(service, "list").stdout.splitlines() if "board" in line]
    told = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert [cells[0] for cells in told] == [update[1].table_id, update[0].table_id]
    assert [cells[4] for cells in told] == ["measured", "measured, in a former state"]
    assert told[0][5] == update[1].snapshot_id


def test_a_person_sees_at_once_what_an_update_did(
    service: Service, update: tuple[ProfileStatus, ProfileStatus]
) -> None:
    before, after = update
    shown = run(service, "diff", before.snapshot_id or "", after.snapshot_id or "").stdout
    assert "governor: performance -> powersave" in shown
    assert "2 moved, 0 stayed, 0 added, 1 gone; median change +50.0%" in shown
    (group,) = (line for line in shown.splitlines() if "identity" in line and "of" in line and "v1-" not in line)
    assert [cell.strip() for cell in group.split("│")[1:-1]] == ["identity", "all", "+50.0%", "2 of 2"]
    assert keys(1)[0] in shown


def test_no_more_is_shown_than_was_asked_for(service: Service, update: tuple[ProfileStatus, ProfileStatus]) -> None:
    before, after = update
    shown = run(service, "diff", before.snapshot_id or "", after.snapshot_id or "", "--top", "0").stdout
    assert "2 moved" in shown
    assert "what moved" not in shown


def test_programs_get_all_of_it(service: Service, update: tuple[ProfileStatus, ProfileStatus]) -> None:
    before, after = update
    told = json.loads(run(service, "diff", before.snapshot_id or "", after.snapshot_id or "", "--json").stdout)
    assert {each["workload"] for each in told["moved"]} == set(keys(2))


def anchored(service: Service) -> str:
    """Return the snapshot of a profile with anchors."""
    profile = service.profile(ops(3), anchors=ANCHORS)
    work(service)
    return service.status(profile).snapshot_id or ""


def test_a_person_sees_what_a_snapshot_promises_of_networks(service: Service) -> None:
    shown = run(service, "correction", anchored(service))
    assert shown.exit_code == 0
    assert "scale, 6 anchors: scale 0.98" in shown.stdout
    assert "plain sums:  2.04 %" in shown.stdout
    assert "needs a second session" in shown.stdout
    assert "the table is additive" in shown.stdout


def test_programs_get_the_correction_itself(service: Service) -> None:
    snapshot_id = anchored(service)
    told = run(service, "correction", snapshot_id, "--json").stdout
    assert Correction.model_validate_json(told) == service.snapshot(snapshot_id).correction


def test_a_correction_that_does_not_follow_from_the_measurements_ends_in_an_error(service: Service) -> None:
    snapshot_id = anchored(service)
    with service.database.writing() as session:
        summary = service.stored().measurements[0].summary.model_copy(update={"median_ms": 99.0})
        which = Measurement.workload_key == workload_key(ANCHORS[0])
        session.execute(sa.update(Measurement).where(which).values(summary=summary.model_dump()))
    result = run(service, "correction", snapshot_id)
    assert result.exit_code == 1
    assert "does not follow from the measurements" in result.stderr


def test_a_snapshot_without_anchors_says_that_it_promises_nothing(service: Service) -> None:
    result = run(service, "correction", service.measure(ops(2)).snapshot_id or "")
    assert result.exit_code == 1
    assert "has no correction: fewer than 5 anchors" in result.stderr


@pytest.mark.parametrize("arguments", [("list", "nothing"), ("diff", "nothing", "nothing"), ("correction", "nothing")])
def test_what_is_not_there_is_said_in_one_line(service: Service, arguments: tuple[str, ...]) -> None:
    result = run(service, *arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: no ")


def test_a_list_that_ends_early_says_so(service: Service) -> None:
    for count in (1, 2):
        table_id = service.measure(ops(count), float(count)).table_id
    assert "There are older ones" in run(service, "list", table_id or "", "--limit", "1").stdout
    assert "There are older ones" not in run(service, "list", table_id or "", "--limit", "2").stdout
