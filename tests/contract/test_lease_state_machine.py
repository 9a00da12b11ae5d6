"""Leasing, driven at random: many agents, expiries, duplicates, crashes, cancellations - against a small model."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from latency_service.contract.errors import Conflict, LeaseExpired, ResultMismatch
from latency_service.contract.measurement import ErrorClass, Verdict
from latency_service.contract.messages import JobResult, ProfileCreated
from latency_service.database import Database
from latency_service.services import expiry
from latency_service.services.judgement import Outcome
from latency_service.tables import Base, FailedAttempt, Job, Measurement
from tests.contract.lease_model import MAX_ATTEMPTS, LeaseModel, Lent, Sent, result_of
from tests.contract.service import Service
from tests.service_data import new_id, op, success

DEVICES = ("board", "phone")
AGENTS = ("one", "two", "three")
GOVERNORS = ("performance", "powersave")
ERROR_CLASSES: tuple[ErrorClass, ...] = ("unsupported", "out_of_memory", "crashed", "timed_out")
VERDICTS: tuple[Verdict, ...] = ("ok", "noisy", "unfit")

#: Where ids come from, here: jobs that nothing else tells apart are lent in the order of their ids.
_RANDOM = random.Random(0)

devices, agents = st.sampled_from(DEVICES), st.sampled_from(AGENTS)
outcomes = st.sampled_from((*VERDICTS, "ok", *ERROR_CLASSES, "crashed", "crashed"))
#: How long an agent takes before it says something; a lease lasts for 90 s.
delays = st.sampled_from((0, 0, 0, 0, 0, 0, 60, 91))
messages = st.sampled_from(("signal 11", "signal 6"))


class Leasing(RuleBasedStateMachine):
    """Agents that do what agents do, well or badly, each in no particular order."""

    profiles, leases, sent = Bundle("profiles"), Bundle("leases"), Bundle("sent")

    def __init__(self, database: Database) -> None:
        super().__init__()
        _empty(database)
        _RANDOM.seed(0)
        self.service = Service(database)
        self.model = LeaseModel()
        self.all_profiles: list[ProfileCreated] = []
        self.states = {name: self.service.register(name).device_state for name in DEVICES}

    @rule(target=profiles, device=devices, numbers=st.sets(st.integers(1, 6), min_size=1), priority=st.integers(0, 1))
    def ask(self, device: str, numbers: set[int], priority: int) -> ProfileCreated:
        workloads = [op(number) for number in sorted(numbers)]
        profile = self.service.profile(workloads, device=device, priority=priority, max_age_s=0)
        self.all_profiles.append(profile)
        return profile

    @initialize(target=profiles)
    def begin(self) -> Any:
        return multiple(*(self.ask(device, {1, 2, 3}, priority=0) for device in DEVICES))

    @rule(profile=profiles)
    def cancel(self, profile: ProfileCreated) -> None:
        try:
            self.service.cancel(profile)
        except Conflict:
            assert self.service.status(profile).state == "done"
        self.model.cancelled = {job_id for job_id, state in self._job_states().items() if state == "cancelled"}

    @rule(target=leases, agent=agents, device=devices, max_jobs=st.integers(1, 4), delay=delays)
    def borrow(self, agent: str, device: str, max_jobs: int, delay: int) -> Any:
        self.service.clock.advance(delay)
        self.service.device_state = self.states[device]
        lease = self.service.lend(max_jobs, device=device, agent_id=agent)
        return multiple() if lease is None else self.model.borrow(lease, agent, self.service.clock())

    @rule(target=sent, agent=agents, device=devices, outcome=outcomes, message=messages)
    def borrow_and_measure(self, agent: str, device: str, outcome: Verdict | ErrorClass, message: str) -> Any:
        lent = self.borrow(agent, device, max_jobs=2, delay=0)
        return self.hand_in_all(lent, outcome, message) if isinstance(lent, Lent) else multiple()

    @rule(agent=agents, device=devices, times=st.integers(1, 3))
    def borrow_and_die(self, agent: str, device: str, times: int) -> None:
        """A job that takes its agent down comes back to it - so many times."""
        for _ in range(times):
            self.borrow(agent, device, max_jobs=1, delay=91)

    @rule(lent=leases, delay=delays)
    def renew(self, lent: Lent, delay: int) -> None:
        self.service.clock.advance(delay)
        if not lent.is_alive(self.service.clock()):
            self._must_be_gone(lent)
            return
        renewed = self.service.renew(lent.lease)
        lent.expires_at = renewed.expires_at
        cancelled = {job.job_id for job in lent.lease.jobs} & self.model.cancelled
        assert set(renewed.cancelled) == cancelled
        if cancelled:
            self.model.end_if_idle(lent, self.service.clock())

    @rule(lent=leases, delay=delays)
    def release(self, lent: Lent, delay: int) -> None:
        self.service.clock.advance(delay)
        self.service.release(lent.lease)
        lent.has_ended = True

    @rule(target=sent, lent=leases, which=st.integers(0, 3), outcome=outcomes, message=messages, delay=delays)
    def hand_in(self, lent: Lent, which: int, outcome: Verdict | ErrorClass, message: str, delay: int) -> Sent:
        """Of a live lease or a dead one, of a job that waits or one that has its result: whatever agents do."""
        self.service.clock.advance(delay)
        job = lent.lease.jobs[which % len(lent.lease.jobs)]
        result_id, result = new_id(), result_of(job.job_id, outcome, message)
        return self._judge(lent, [(result_id, result)])[0]

    @rule(target=sent, lent=leases, outcome=outcomes, message=messages)
    def hand_in_all(self, lent: Lent, outcome: Verdict | ErrorClass, message: str) -> Any:
        batch = [(new_id(), result_of(job.job_id, outcome, message)) for job in lent.lease.jobs]
        return multiple(*self._judge(lent, batch))

    @rule(sent=sent)
    def send_again(self, sent: Sent) -> None:
        (outcome,) = self._post(sent.lent, [(sent.result_id, sent.result)])
        if sent.status == "accepted":
            assert outcome.status == "duplicate"
        elif sent.result.job_id not in self.model.cancelled:
            assert outcome.status == sent.status

    @rule(sent=sent)
    def send_another_body_under_the_same_id(self, sent: Sent) -> None:
        other = success(sent.result.job_id, median_ms=77.0)
        if sent.status != "refused":  # of which the service has kept nothing
            (outcome,) = self._post(sent.lent, [(sent.result_id, other)])
            assert isinstance(outcome.error, ResultMismatch)

    @rule(delay=delays)
    def reap(self, delay: int) -> None:
        self.service.clock.advance(delay)
        now = self.service.clock()
        self.service.database.write(lambda session: expiry.expire_everywhere(session, self.service.settings, now))

    @rule(device=devices, governor=st.sampled_from(GOVERNORS))
    def change(self, device: str, governor: str) -> None:
        self.states[device] = self.service.register(device, governor).device_state

    @invariant()
    def no_job_has_more_attempts_than_it_may(self) -> None:
        with self.service.database.reading() as session:
            assert (session.scalar(select(func.max(Job.attempts))) or 0) <= MAX_ATTEMPTS

    @invariant()
    def every_accepted_result_is_there_once(self) -> None:
        with self.service.database.reading() as session:
            leased = select(func.count()).select_from(Measurement).where(Measurement.leased)
            assert session.scalar(leased) == self.model.measured
            assert session.scalar(select(func.count()).select_from(FailedAttempt)) == self.model.failed

    @invariant()
    def what_a_live_lease_holds_is_lent_to_it(self) -> None:
        with self.service.database.reading() as session:
            rows = session.execute(select(Job.id, Job.lease_token).where(Job.state == "leased"))
            holders = {job_id: token for job_id, token in rows}
        for lent in self.model.lent:
            if lent.is_alive(self.service.clock()):
                held = set(lent.held) - self.model.cancelled
                assert {job_id: lent.lease.token for job_id in held}.items() <= holders.items()

    def teardown(self) -> None:
        """One good agent a device and enough time end every job and every profile."""
        for device in DEVICES:
            self.service.clock.advance(91)
            self.service.register(device)
            while (lease := self.service.lend(device=device, agent_id="good")) is not None:
                self.service.post(lease, *((new_id(), success(job.job_id)) for job in lease.jobs))
        assert not {"queued", "leased"} & set(self._job_states().values())
        assert {self.service.status(profile).state for profile in self.all_profiles} <= {"done", "cancelled"}

    def _judge(self, lent: Lent, batch: list[tuple[str, JobResult]]) -> list[Sent]:
        now = self.service.clock()
        was_alive = lent.is_alive(now)
        told = self.service.post(lent.lease, *batch)
        states = self._job_states()
        judged = []
        for (result_id, result), outcome in zip(batch, told, strict=True):
            assert outcome.status == self.model.expects(lent, result, now), result
            if outcome.status == "accepted":
                assert was_alive, "a result was accepted without a live token"
                expected = self.model.accept(lent, result)
                assert expected in (None, states[result.job_id])
            judged.append(Sent(lent, result_id, result, outcome.status))
        self.model.end_if_idle(lent, now)
        return judged

    def _post(self, lent: Lent, batch: list[tuple[str, JobResult]]) -> tuple[Outcome, ...]:
        told = self.service.post(lent.lease, *batch)
        self.model.end_if_idle(lent, self.service.clock())
        return told

    def _must_be_gone(self, lent: Lent) -> None:
        try:
            self.service.renew(lent.lease)
        except LeaseExpired:
            return
        raise AssertionError("a dead lease was renewed")

    def _job_states(self) -> dict[str, str]:
        with self.service.database.reading() as session:
            return {job_id: state for job_id, state in session.execute(select(Job.id, Job.state))}


def _empty(database: Database) -> None:
    with database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())


def test_whatever_agents_do_no_job_is_lost_lent_twice_or_counted_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.urandom", _RANDOM.randbytes)

    class LeasingThere(Leasing):
        def __init__(self) -> None:
            super().__init__(database)

    run_state_machine_as_test(
        LeasingThere,
        settings=settings(
            max_examples=50,
            stateful_step_count=50,
            derandomize=True,
            deadline=None,
            phases=(Phase.generate,),  # to shrink a failure takes minutes; thirty steps can be read as they are
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
