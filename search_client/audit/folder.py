"""AuditFolder: what an audit has planned and measured so far, so that the same command goes on."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from latency_service.contract.errors import InvalidInput
from search_client.audit.plan import AuditSettings, Plan
from search_client.audit.session import Session, StartedSession
from search_client.faults import first_fault
from search_client.training.atomic_file import write_atomically

Content = TypeVar("Content", bound=BaseModel)


class AuditFolder:
    """plan.json, a session-N.json each, and while a session is measured session-N.started.json.

    Args:
        path: It need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def plan(self, settings: AuditSettings) -> Plan | None:
        """Return what was planned; None where nothing was.

        Raises:
            InvalidInput: It was planned for other settings, or the file holds something else.
        """
        plan = self._read(Plan, "plan.json")
        if plan is not None and plan.settings != settings:
            names = [name for name, value in plan.settings if value != getattr(settings, name)]
            raise InvalidInput(
                f"{self.path} holds an audit with another {', '.join(names)}: give another --output, or the same "
                "options to go on"
            )
        return plan

    def write_plan(self, plan: Plan) -> None:
        """Keep the plan."""
        self._write("plan.json", plan)

    def started(self, number: int) -> StartedSession | None:
        """Return a session that is being measured; None where it was not asked for yet."""
        return self._read(StartedSession, _started_name(number))

    def write_started(self, number: int, started: StartedSession) -> None:
        """Keep what a session has to wait for."""
        self._write(_started_name(number), started)

    def session(self, number: int) -> Session | None:
        """Return a session that was measured; None where it was not."""
        return self._read(Session, f"session-{number}.json")

    def write_session(self, session: Session) -> None:
        """Keep a session; it waits for nothing any more."""
        self._write(f"session-{session.number}.json", session)
        self.forget_started(session.number)

    def forget_started(self, number: int) -> None:
        """Wait for a session no more."""
        (self.path / _started_name(number)).unlink(missing_ok=True)

    def _read(self, kind: type[Content], name: str) -> Content | None:
        path = self.path / name
        if not path.exists():
            return None
        try:
            return kind.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise InvalidInput(f"{path} cannot be read: {first_fault(error)}; remove it to make it anew") from None

    def _write(self, name: str, content: BaseModel) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / name, content.model_dump_json(indent=2).encode())


def _started_name(number: int) -> str:
    return f"session-{number}.started.json"
