"""Jobs that nobody wants any more, in the hands of an agent."""

import pytest

from latency_service.contract.errors import LeaseExpired
from tests.contract.service import Service
from tests.service_data import op, ops


def test_a_renewal_names_the_jobs_that_nobody_wants_any_more(service: Service) -> None:
    unwanted, _ = service.profile(ops(2)), service.profile([op(3)])
    lease = service.must_lend()
    service.cancel(unwanted)
    assert set(service.renew(lease).cancelled) == {job.job_id for job in lease.jobs if job.workload != op(3)}
    assert len(lease.jobs) == 3
    service.renew(lease)  # it holds the third job still


def test_a_lease_that_holds_no_wanted_job_ends_once_it_has_named_them(service: Service) -> None:
    profile = service.profile(ops(2))
    lease = service.must_lend()
    service.cancel(profile)
    assert len(service.renew(lease).cancelled) == 2
    with pytest.raises(LeaseExpired):
        service.renew(lease)


def test_cancelled_jobs_are_neither_expired_nor_handed_back_into_the_queue(service: Service) -> None:
    profile = service.profile(ops(2))
    released, lost = service.must_lend(max_jobs=1), service.must_lend(max_jobs=1)
    service.cancel(profile)
    service.release(released)
    service.clock.advance(91)
    assert service.lend() is None
    assert service.status(profile).counts["cancelled"] == 2
    with pytest.raises(LeaseExpired):
        service.renew(lost)
