"""Checks of access: may whoever reaches the service use it without a key."""

from latency_service.contract.errors import Forbidden
from latency_service.doctor.findings import Finding, bad, good
from latency_service.doctor.stand import Stand
from latency_service.services import access


def check_keys(stand: Stand) -> Finding:
    """Look at whether the service may listen where the settings say."""
    name, settings = "keys", stand.settings
    try:
        stand.database.read(lambda session: access.check_policy(session, settings))
    except Forbidden as error:
        problem, _, mend = str(error).rpartition(": ")
        return bad(name, problem, "The service refuses to start like that.", mend)
    if stand.database.read(lambda session: access.are_keys_asked_for(session, settings)):
        return good(name, "asked for")
    return good(name, f"not asked for: {settings.host} is reached from this machine alone")
