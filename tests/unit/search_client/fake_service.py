"""A latency service that answers contract messages from memory: the client's tests speak to it."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx
from pydantic import BaseModel

from latency_service.contract.device import DeviceDescription, RuntimeStatus
from latency_service.contract.keys import parse_key
from latency_service.contract.messages import (
    Advice,
    AdviceRequest,
    AdvisedOp,
    Device,
    JobFailure,
    MeasurementPage,
    MeasurementRow,
    ProfileCreated,
    ProfileRequest,
    ProfileStatus,
    Snapshot,
    Table,
    TableList,
)
from latency_service.contract.network import NetworkSpec, workload_key
from latency_service.contract.ops import OpSpec
from latency_service.contract.summary import summarize

URL = "http://latency.test"
NOW = datetime(2025, 1, 1, tzinfo=UTC)


class FakeService:
    """One table with one snapshot; a profile is done at the second look.

    Attributes:
        network_ms: What networks take that are not in `latencies`.
        latencies: What some of them take, by their keys.
        profiles: All that were asked for; `profile` is the last one.
        queues_anchors: Whether anchors are named among what was queued.
        predicts: What it does not queue, but predict.
        asked: What it was last asked to advise on; it answers `advised`.
    """

    def __init__(self, snapshot: Snapshot, network_ms: float = 1.0) -> None:
        self.snapshot = snapshot
        self.network_ms = network_ms
        self.present_table_id = snapshot.table_id
        self.failures: tuple[JobFailure, ...] = ()
        self.requests: list[httpx.Request] = []
        self.profile: ProfileRequest | None = None
        self.profiles: list[ProfileRequest] = []
        self.latencies: dict[str, float] = {}
        self.queues_anchors = False
        self.predicts: Sequence[OpSpec] = ()
        self.asked: AdviceRequest | None = None
        self.advised: tuple[AdvisedOp, ...] = ()
        self._rows: list[MeasurementRow] = []
        self._looks = 0
        self._routes: dict[str, Callable[[httpx.Request], BaseModel]] = {
            r"POST /v1/profiles": self._create_profile,
            r"GET /v1/profiles/p1": self._profile_status,
            r"GET /v1/tables": self._tables,
            rf"GET /v1/devices/{snapshot.device}": self._device,
            r"GET /v1/tables/table-1/snapshots/latest": lambda _: self.snapshot,
            r"POST /v1/tables/table-1/advice": self._advise,
            rf"GET /v1/snapshots/{snapshot.snapshot_id}": lambda _: self.snapshot,
            r"GET /v1/measurements": self._measurements,
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        called = f"{request.method} {request.url.path}"
        for pattern, answer in self._routes.items():
            if re.fullmatch(pattern, called):
                return httpx.Response(200, content=answer(request).model_dump_json())
        return problem(404, "not_found", f"nothing at {called}")

    def _create_profile(self, request: httpx.Request) -> ProfileCreated:
        self.profile = ProfileRequest.model_validate_json(request.content)
        self.profiles.append(self.profile)
        self._looks = 0
        keys = tuple(map(workload_key, self.profile.workloads))
        for workload, key in zip(self.profile.workloads, keys, strict=True):
            if isinstance(workload, NetworkSpec):
                self._rows.append(self._row(key))
        anchors = tuple(map(workload_key, self.profile.anchors)) if self.queues_anchors else ()
        predicted = tuple(map(workload_key, self.predicts))
        queued = tuple(key for key in keys[1:] if key not in predicted) + anchors
        return ProfileCreated(profile_id="p1", measured=keys[:1], queued=queued, predicted=predicted)

    def _profile_status(self, _request: httpx.Request) -> ProfileStatus:
        assert self.profile is not None
        self._looks += 1
        done = self._looks >= 2
        return ProfileStatus.model_validate(
            {
                "profile_id": "p1",
                "device": self.profile.device,
                "conditions": self.profile.conditions,
                "state": "done" if done else "running",
                "counts": {},
                "already_measured": 1,
                "progress": 1.0 if done else 0.5,
                "failures": self.failures,
                "table_id": self.present_table_id,
                "snapshot_id": self.snapshot.snapshot_id if done else None,
                "created_at": NOW,
                "finished_at": NOW if done else None,
            }
        )

    def _advise(self, request: httpx.Request) -> Advice:
        self.asked = AdviceRequest.model_validate_json(request.content)
        table = self.snapshot
        ops = tuple(parse_key(each.workload) for each in self.advised)
        wanted = ProfileRequest(device=table.device, conditions=table.conditions, workloads=ops) if ops else None
        return Advice(
            table_id=table.table_id,
            snapshot_id=table.snapshot_id,
            lacking=len(ops),
            ops=self.advised,
            profile_request=wanted,
        )

    def _tables(self, _request: httpx.Request) -> TableList:
        table = Table(
            table_id=self.snapshot.table_id,
            device=self.snapshot.device,
            device_state=self.snapshot.device_state,
            is_current_state=True,
            conditions=self.snapshot.conditions,
            protocol_version=1,
            entries=len(self.snapshot.ops),
            latest_snapshot_id=self.snapshot.snapshot_id,
        )
        return TableList(tables=(table,))

    def _device(self, _request: httpx.Request) -> Device:
        description = DeviceDescription(
            operating_system="test",
            architecture="test",
            cpu_model="test",
            logical_cores=1,
            memory_bytes=1,
            runtimes={
                "onnxruntime": RuntimeStatus(available=True, backends={"cpu": None, "cuda": "no GPU"}),
                "torch": RuntimeStatus(available=False),
            },
        )
        return Device.model_validate(
            {
                "device_id": "d1",
                "name": self.snapshot.device,
                "description": description,
                "device_state": self.snapshot.device_state,
                "facts": {"facts": {}},
                "agent_version": "0",
                "registered_at": NOW,
                "last_seen_at": NOW,
            }
        )

    def _measurements(self, request: httpx.Request) -> MeasurementPage:
        after = int(request.url.params.get("after", 0))
        key = request.url.params["op"]
        rows = [row for row in self._rows if row.workload == key and row.sequence > after]
        more = len(rows) > 1
        return MeasurementPage(measurements=tuple(rows[:1]), next_after=rows[0].sequence if more else None)

    def _row(self, key: str) -> MeasurementRow:
        sequence = len(self._rows) + 1
        latency_ms = self.latencies.get(key, self.network_ms)
        return MeasurementRow.model_validate(
            {
                "measurement_id": f"m{sequence}",
                "sequence": sequence,
                "table_id": "table-1",
                "workload": key,
                "attempt": 1,
                "leased": True,
                "summary": summarize([latency_ms * (1 + 0.01 * (i - 10) / 10) for i in range(21)]),
                "verdict": "ok",
                "reasons": (),
                "started_at": NOW,
                "finished_at": NOW,
                "received_at": NOW,
            }
        )


def problem(status: int, code: str, detail: str, **extra: object) -> httpx.Response:
    """Return a problem document."""
    document = {"title": code, "status": status, "detail": detail, "code": code, **extra}
    return httpx.Response(status, content=json.dumps(document), headers={"content-type": "application/problem+json"})
