import pytest

from latency_service.contract.errors import InvalidInput
from search_client.retraining.config import RetrainConfig


def test_a_setting_that_is_not_known_is_answered_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match=r"retraining setting learning_rate.*known are .*\blr\b"):
        RetrainConfig.checked(learning_rate=0.1)


def test_a_warm_up_that_never_ends_is_refused() -> None:
    with pytest.raises(InvalidInput, match="warmup_epochs"):
        RetrainConfig.checked(epochs=3, warmup_epochs=3)
