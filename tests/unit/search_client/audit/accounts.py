"""Audits that the tests of tables, pictures and pages share."""

from pathlib import Path

import httpx

from search_client.audit.account import Audit, account
from search_client.audit.folder import AuditFolder
from search_client.audit.measuring import measure_session
from search_client.audit.plan import AuditSettings, Plan
from search_client.audit.session import Session
from search_client.latency.client import ServiceClient
from search_client.latency.table import LatencyTable
from tests.unit.search_client.audit.simulated_service import SimulatedService
from tests.unit.search_client.fake_service import URL
from tests.unit.search_client.small_space import small_space

SETTINGS = AuditSettings(
    space="small",
    space_params={},
    device="board",
    conditions=SimulatedService(small_space()).snapshot.conditions,
    networks=12,
    seed=0,
    anchors=None,
    anchor_seed=0,
)


def plan_for(service: SimulatedService, settings: AuditSettings = SETTINGS) -> Plan:
    return Plan.make(settings, small_space(), LatencyTable(service.snapshot))


def measure(service: SimulatedService, plan: Plan, folder: Path, number: int) -> Session:
    with ServiceClient(URL, httpx.MockTransport(service)) as client:
        return measure_session(client, plan, AuditFolder(folder), number, lambda _: None, lambda: None)


def audit_of(service: SimulatedService, folder: Path, sessions: int, settings: AuditSettings = SETTINGS) -> Audit:
    plan = plan_for(service, settings)
    return account(plan, [measure(service, plan, folder, number + 1) for number in range(sessions)])


def with_published(service: SimulatedService, folder: Path) -> Audit:
    """Return one session's audit in which another network of the space stands for a published one."""
    plan = plan_for(service)
    *held_out, last = plan_for(service, SETTINGS.model_copy(update={"networks": SETTINGS.networks + 1})).networks
    assert tuple(held_out) == plan.networks
    published = last.model_copy(update={"name": "proxyless-gpu", "group": "published"})
    plan = plan.model_copy(update={"networks": (*plan.networks, published)})
    return account(plan, [measure(service, plan, folder, 1)])
