from latency_service.api import examples
from latency_service.contract.messages import (
    AdviceRequest,
    DeviceRegistration,
    JobResult,
    LeaseRequest,
    LookupRequest,
    ProfileRequest,
    ResultBatch,
)
from latency_service.services.arrivals import check_summaries


def test_every_example_is_what_it_shows() -> None:
    DeviceRegistration.model_validate(examples.REGISTRATION)
    ProfileRequest.model_validate(examples.PROFILE_REQUEST)
    LeaseRequest.model_validate(examples.LEASE_REQUEST)
    LookupRequest.model_validate(examples.LOOKUP_REQUEST)
    AdviceRequest.model_validate(examples.ADVICE_REQUEST)
    ResultBatch.model_validate(examples.RESULT_BATCH)


def test_the_example_of_a_result_has_an_honest_summary() -> None:
    measurement = JobResult.model_validate(examples.JOB_RESULT).measurement
    assert measurement is not None
    check_summaries(measurement)
