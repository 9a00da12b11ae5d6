import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from latency_service.contract.conditions import Conditions
from latency_service.contract.errors import AgentTooOld, ImportRefused
from latency_service.contract.messages import ImportReport, Table
from latency_service.interchange import formats
from latency_service.interchange.reading import Reading
from latency_service.repositories.latency_tables import IMPORTED_PROTOCOL
from latency_service.services import catalogue, snapshots
from latency_service.services.importing import import_sheet
from latency_service.services.targets import FileFacts, Target
from latency_service.services.vetting import vet
from latency_service.tables import Entry, Import, LatencyTable
from tests.contract.service import Service
from tests.service_data import measurement, ops

DATA = Path(__file__).parents[1] / "data"
GOOD = (DATA / "proxylessnas.yaml").read_bytes()
FAULTY = (DATA / "proxylessnas_faulty.yaml").read_bytes()
LOGITS = b"Logits-input:7x7x1280-output:1000: {count: 50, mean: %s, var: 0.004}\n"
NAME = "proxylessnas-yaml"


def take(
    service: Service,
    content: bytes = GOOD,
    device: str = "pixel1",
    source: str = "a paper, 2019",
    name: str = NAME,
    dry_run: bool = False,
    **choices: bool,
) -> ImportReport:
    sheet = formats.read(formats.find_format(name, Path()), content, Reading())
    of_file = FileFacts(name, "a file", hashlib.sha256(content).hexdigest())
    target = Target(device, Conditions(runtime="tflite"), source, of_file, **choices)
    if dry_run:
        return service.database.read(lambda session: vet(session, sheet, target).report(target))
    return service.database.write(lambda session: import_sheet(session, sheet, target, service.clock()))


def rows_of(service: Service) -> tuple[int | None, ...]:
    tables = (Entry, Import, LatencyTable)
    return service.database.read(
        lambda session: tuple(session.scalar(select(func.count()).select_from(each)) for each in tables)
    )


def table(service: Service, table_id: str) -> Table:
    return service.database.read(lambda session: catalogue.get_table(session, table_id))


def test_a_published_table_becomes_a_table_of_its_own(service: Service) -> None:
    report = take(service)
    assert (report.new, report.refused) == (6, ())
    imported = table(service, report.table_id)
    assert (imported.device, imported.provenance, imported.source) == ("pixel1", "imported", "a paper, 2019")
    snapshot = service.latest_snapshot(report.table_id)
    assert snapshot.snapshot_id == report.snapshot_id
    assert snapshot.source == "a paper, 2019"
    assert {entry.source for entry in snapshot.ops} == {"imported"}
    assert {entry.measurement_id for entry in snapshot.ops} == {None}


def test_the_same_file_again_changes_nothing(service: Service) -> None:
    first, before = take(service), rows_of(service)
    service.clock.advance(60)
    again = take(service)
    assert (again.snapshot_id, again.new, again.unchanged) == (first.snapshot_id, 0, 6)
    assert rows_of(service) == before


def test_a_file_with_one_bad_row_is_refused_whole(service: Service) -> None:
    before = rows_of(service)
    with pytest.raises(ImportRefused) as refused:
        take(service, FAULTY)
    assert [row["line"] for row in refused.value.extra["rows"]] == list(range(2, 25))
    assert rows_of(service) == before


def test_the_good_rows_are_taken_where_that_is_asked_for(service: Service) -> None:
    report = take(service, FAULTY, skip_refused=True)
    assert (report.new, len(report.refused)) == (1, 23)


def test_a_dry_run_tells_all_and_changes_nothing(service: Service) -> None:
    before = rows_of(service)
    report = take(service, FAULTY, dry_run=True)
    assert (report.new, len(report.refused), report.snapshot_id) == (1, 23, None)
    assert rows_of(service) == before


def test_a_workload_with_two_values_in_a_file_has_none(service: Service) -> None:
    report = take(service, LOGITS % b"1.5" + LOGITS % b"1.6", dry_run=True)
    assert [each.line for each in report.refused] == [1, 2]
    assert "different values for it, in lines 1, 2" in report.refused[0].remark


def test_the_same_value_twice_is_worth_a_note(service: Service) -> None:
    report = take(service, LOGITS % b"1.5" + LOGITS % b"1.5")
    assert (report.new, [each.line for each in report.notes]) == (1, [2])


def test_another_value_is_taken_only_where_it_may_replace_the_former(service: Service) -> None:
    first = take(service)
    with pytest.raises(ImportRefused) as refused:
        take(service, LOGITS % b"1.5")
    assert "--replace" in refused.value.extra["rows"][0]["remark"]
    report = take(service, LOGITS % b"1.5", replace=True)
    assert (report.replaced, report.table_id) == (1, first.table_id)
    assert report.snapshot_id != first.snapshot_id
    assert len(service.latest_snapshot(report.table_id).ops) == 6


def test_rows_of_another_device_to_the_last_digit_are_refused(service: Service) -> None:
    take(service)
    with pytest.raises(ImportRefused) as refused:
        take(service, device="pixel2", source="another paper")
    assert len(refused.value.extra["rows"]) == 6
    assert "it is pixel1's to the last digit: 5.2317164 ms" in refused.value.extra["rows"][0]["remark"]


def test_rows_of_a_measured_device_are_recognised_too(service: Service) -> None:
    service.measure(ops(1), median_ms=1.2345678)
    content = b"workload,latency_ms\nv1-identity-1x8x4,1.2345678\n"
    with pytest.raises(ImportRefused) as refused:
        take(service, content, device="copy", name="csv")
    assert "it is board's to the last digit" in refused.value.extra["rows"][0]["remark"]


def test_rows_of_few_digits_are_copies_where_all_that_is_told_is_equal(service: Service) -> None:
    take(service, LOGITS % b"1.5")
    assert take(service, LOGITS % b"1.6", device="pixel2").new == 1
    with pytest.raises(ImportRefused):
        take(service, LOGITS % b"1.5", device="pixel3")


def test_few_equal_digits_of_which_less_is_told_are_worth_a_note(service: Service) -> None:
    take(service, LOGITS % b"1.5")
    report = take(service, b"Logits-input:7x7x1280-output:1000: {mean: 1.5}", device="pixel2")
    assert (report.new, [note.remark for note in report.notes]) == (
        1,
        ["pixel1 has the same value, of few digits: 1.5 ms"],
    )


def test_an_export_of_an_imported_table_is_the_same_snapshot_wherever_it_is_imported(service: Service) -> None:
    report = take(service)
    content = service.database.read(lambda session: snapshots.get(session, report.snapshot_id or "").document)
    again = take(service, content, name="json")
    assert (again.snapshot_id, again.unchanged) == (report.snapshot_id, 6)


def test_an_import_for_a_measured_device_leaves_its_measured_table_as_it_was(service: Service) -> None:
    status = service.measure(ops(2))
    before = service.snapshot(status.snapshot_id)
    report = take(service, b"workload,latency_ms\nv1-identity-1x8x4,7.5\n", device="board", name="csv")
    assert report.table_id != status.table_id
    assert service.latest_snapshot(status.table_id or "") == before
    assert service.look_up(status.table_id or "", [before.ops[0].workload]).entries[0].source == "measured"


def test_no_agent_can_borrow_work_for_an_imported_device_or_measure_into_its_table(service: Service) -> None:
    take(service)
    with pytest.raises(AgentTooOld, match="protocol 0"):
        service.lend(device="pixel1")
    with pytest.raises(ValidationError, match="protocol_version"):
        measurement(protocol_version=IMPORTED_PROTOCOL)
