"""Advising: which ops that a table lacks to measure next.

The service knows no search spaces; whoever asks names the ops. What an op's error is worth is its variance in
milliseconds, times how often it occurs: that is what it adds to the error of sums.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from latency_service.contract.keys import parse_key
from latency_service.contract.messages import Advice, AdviceRequest, AdvisedOp, ProfileRequest
from latency_service.contract.network import WorkloadKey
from latency_service.services.predicting import Known, Predictor
from latency_service.services.table_models import TableModel


def advise(predictor: Predictor, table_id: str, request: AdviceRequest) -> Advice:
    """Return what to measure next.

    Raises:
        TableNotFound: No table has that id.
        InvalidKey: One of the keys that the table lacks is no op's.
    """
    occurrences = Counter[str](request.ops)
    known = predictor.known(table_id, tuple(occurrences))
    lacking = known.values.missing
    for key in lacking:
        parse_key(key)  # networks are not ops
    reasons = predictor.reasons(known, lacking)
    unpredictable = [
        AdvisedOp(workload=WorkloadKey(key), occurrences=occurrences[key], reason=reason)
        for key, reason in reasons.items()
    ]
    advised = unpredictable[: request.limit]
    predictable = [key for key in lacking if key not in reasons]
    count = request.limit - len(advised)
    if predictable and count:
        advised += _most_informative(predictor.model(known), predictable, occurrences, count)
    table = known.table.table
    return Advice(
        table_id=table.table_id,
        snapshot_id=table.latest_snapshot_id,
        lacking=len(lacking),
        ops=tuple(advised),
        profile_request=_profile_request(known, advised) if advised else None,
    )


def _most_informative(
    table_model: TableModel, keys: Sequence[str], occurrences: Mapping[str, int], count: int
) -> list[AdvisedOp]:
    from latency_service.modelling.informative import most_informative

    model, entries = table_model.model, table_model.predict(keys)
    covariance = model.log_covariance([parse_key(key) for key in keys])
    worth = [(occurrences[key] * entries[key].latency_ms) ** 2 for key in keys]
    return [
        AdvisedOp(
            workload=WorkloadKey(keys[choice.place]),
            occurrences=occurrences[keys[choice.place]],
            latency_ms=(entry := entries[keys[choice.place]]).latency_ms,
            ci_low_ms=entry.ci_low_ms,
            ci_high_ms=entry.ci_high_ms,
            remaining=choice.remaining,
        )
        for choice in most_informative(covariance, worth, model.noise, count)
    ]


def _profile_request(known: Known, advised: Sequence[AdvisedOp]) -> ProfileRequest:
    table = known.table.table
    return ProfileRequest(
        device=table.device,
        conditions=table.conditions,
        workloads=tuple(parse_key(each.workload) for each in advised),
    )
