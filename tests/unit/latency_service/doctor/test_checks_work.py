from latency_service.doctor import checks_work
from latency_service.doctor.stand import Stand
from latency_service.settings import Settings
from tests.contract.service import Service
from tests.service_data import DEVICE, failure, op, ops


def stand(service: Service, keep_samples_days: float | None = None) -> Stand:
    return Stand(Settings(keep_samples_days=keep_samples_days), service.database, service.clock())


def fail(service: Service, count: int) -> None:
    """Let some jobs of the device fail for good."""
    service.profile(ops(count))
    while (lease := service.lend()) is not None:
        for job in lease.jobs:
            service.put(lease, failure(job.job_id, "unsupported", "no such op"))


def test_nothing_is_stuck_where_nothing_was_asked_for(service: Service) -> None:
    for check in (
        checks_work.check_leases,
        checks_work.check_agents,
        checks_work.check_names,
        checks_work.check_failures,
        checks_work.check_workloads,
        checks_work.check_retention,
    ):
        assert check(stand(service)).severity == "good", check


def test_a_lease_that_nobody_takes_back_is_told(service: Service) -> None:
    service.profile(ops(1))
    service.must_lend()
    service.clock.advance(90 + 300)
    assert checks_work.check_leases(stand(service)).severity == "good"
    service.clock.advance(301)
    finding = checks_work.check_leases(stand(service))
    assert finding.severity == "warn"
    assert finding.seen.startswith("1 ran out")


def test_a_profile_whose_device_is_silent_is_told(service: Service) -> None:
    service.profile(ops(1))
    assert checks_work.check_agents(stand(service)).severity == "good"
    service.clock.advance(301)
    finding = checks_work.check_agents(stand(service))
    assert finding.severity == "warn"
    assert f"{DEVICE} (1 profiles" in finding.seen


def test_two_agents_of_one_name_are_told(service: Service) -> None:
    for _ in range(10):
        for governor in ("performance", "powersave"):
            service.register(governor=governor)
            service.clock.advance(10)
    finding = checks_work.check_names(stand(service))
    assert finding.severity == "warn"
    assert DEVICE in finding.seen


def test_a_device_on_which_most_jobs_fail_is_told_for_a_day(service: Service) -> None:
    fail(service, 9)
    assert checks_work.check_failures(stand(service)).severity == "good"
    service.profile([op(10)])
    lease = service.must_lend()
    service.put(lease, failure(lease.jobs[0].job_id, "unsupported", "no such op"))
    finding = checks_work.check_failures(stand(service))
    assert (finding.severity, finding.seen) == ("warn", f"within a day most jobs failed on {DEVICE} (10 of 10)")
    service.clock.advance(86_401)
    assert checks_work.check_failures(stand(service)).severity == "good"


def test_a_workload_that_fails_everywhere_is_told(service: Service) -> None:
    fail(service, 1)
    assert checks_work.check_workloads(stand(service)).severity == "good"
    service.register("other")
    service.profile(ops(1), device="other")
    lease = service.lend(device="other")
    assert lease is not None
    service.put(lease, failure(lease.jobs[0].job_id, "unsupported", "no such op"))
    finding = checks_work.check_workloads(stand(service))
    assert finding.severity == "warn"
    assert str(op(1).input_height) in finding.seen


def test_samples_that_should_be_gone_are_told(service: Service) -> None:
    service.measure(ops(1))
    service.clock.advance(3 * 86_400 - 1)
    assert checks_work.check_retention(stand(service, 1)).severity == "good"
    service.clock.advance(2)
    assert checks_work.check_retention(stand(service, 1)).severity == "warn"
    assert checks_work.check_retention(stand(service)).severity == "good"
