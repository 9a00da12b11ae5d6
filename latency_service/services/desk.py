"""Desk: where agents borrow work and hand in results; each call is a few short transactions.

Whoever finishes a profile locks its device and may queue jobs; whoever lends jobs or takes results has jobs locked. A
transaction that did both would now and then wait in a circle with another one, so none does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from latency_service.contract.messages import JobResult, Lease, LeaseRenewed, LeaseRequest
from latency_service.database import Database
from latency_service.repositories import profiles
from latency_service.services import leasing, ownership, profiling, results, tending
from latency_service.services.arrivals import Arrival
from latency_service.services.judgement import Outcome
from latency_service.services.leasing import Outlook
from latency_service.services.principals import ANYBODY, Principal
from latency_service.settings import Settings


@dataclass(frozen=True)
class Desk:
    """Serves agents. All methods raise Forbidden where the device is another key's."""

    database: Database
    settings: Settings

    def lend(self, request: LeaseRequest, now: datetime, principal: Principal = ANYBODY) -> Lease | None:
        """Lend a batch of jobs; None where there is nothing to do, which costs a look and no write.

        Raises:
            DeviceNotFound: No device of that name has registered.
            DeviceStateUnknown: The device is not, or no longer, registered in that state.
            AgentTooOld: The agent registered before the service learnt a newer protocol.
        """

        def look(session: Session) -> tuple[Outlook, bool]:
            ownership.check_device(session, principal, request.device)
            outlook = leasing.look(session, request, now)
            return outlook, tending.is_due(session, outlook.borrower.device_id, self.settings, now)

        outlook, is_due = self.database.read(look)
        if is_due:
            device_id = outlook.borrower.device_id
            self.database.write(lambda session: tending.tend(session, device_id, self.settings, now))
        if not is_due and not outlook.is_anything_to_write:
            return None
        return self.database.write(lambda session: leasing.lend(session, outlook, request.max_jobs, self.settings, now))

    def renew(self, token: str, now: datetime, principal: Principal = ANYBODY) -> LeaseRenewed:
        """Prolong a lease, and say which of its jobs nobody wants any more.

        Raises:
            LeaseExpired: The lease has ended or run out.
        """

        def prolong(session: Session) -> LeaseRenewed:
            ownership.check_lease(session, principal, token)
            return leasing.renew(session, token, self.settings, now)

        return self.database.write(prolong)

    def release(self, token: str, now: datetime, principal: Principal = ANYBODY) -> None:
        """Take a lease back; a lease that has ended stays as it is.

        Raises:
            LeaseExpired: There never was a lease with that token.
        """

        def take_back(session: Session) -> None:
            ownership.check_lease(session, principal, token)
            leasing.release(session, token, self.settings, now)

        self.database.write(take_back)

    def accept(
        self,
        token: str,
        handed_in: Sequence[tuple[str, JobResult]],
        now: datetime,
        principal: Principal = ANYBODY,
    ) -> tuple[Outcome, ...]:
        """Take results, each with its id, of one lease; return what became of each.

        Raises:
            LeaseExpired: There never was a lease with that token.
        """
        arrivals = [Arrival.of(result_id, result) for result_id, result in handed_in]

        def take(session: Session) -> results.Acceptance:
            ownership.check_lease(session, principal, token)
            return results.accept(session, token, arrivals, self.settings.max_attempts, now)

        accepted = self.database.write(take)
        if accepted.may_settle:
            self._settle(accepted.device_id, now)
        return accepted.outcomes

    def _settle(self, device_id: str, now: datetime) -> None:
        """Finish the profiles that have ended. If that fails, the results are safe: whoever asks next does it."""
        if self.database.read(lambda session: profiles.has_settled(session, device_id)):
            self.database.write(lambda session: profiling.finish_settled(session, device_id, now))
