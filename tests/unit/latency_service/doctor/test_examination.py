from latency_service.database import Database
from latency_service.doctor.examination import examine
from latency_service.doctor.stand import Stand
from latency_service.settings import Settings
from tests.service_data import START


def test_of_a_database_without_tables_only_that_is_said(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    findings = examine(Stand(Settings(database=empty_database_url), database, START))
    database.close()
    assert [(finding.name, finding.severity) for finding in findings] == [("database", "good"), ("revision", "bad")]


def test_every_finding_that_is_not_good_says_why_and_what_to_do(database_url: str) -> None:
    database = Database(database_url)
    settings = Settings(database=database_url, host="0.0.0.0", keys="off")
    findings = examine(Stand(settings, database, START))
    database.close()
    assert {finding.name for finding in findings} >= {"keys", "clock", "space", "workloads"}
    wrong = [finding for finding in findings if finding.severity in ("bad", "warn")]
    assert wrong
    assert all(finding.why and finding.mend for finding in wrong)
