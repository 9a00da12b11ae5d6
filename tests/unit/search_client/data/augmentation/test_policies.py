import json
from pathlib import Path

import pytest

from search_client.data.augmentation.image_operations import MAGNITUDES
from search_client.data.augmentation.policies import POLICIES, PolicyName

GOLDEN = json.loads(Path(__file__).with_name("golden_policies.json").read_text())
NAMES: list[PolicyName] = ["cifar10", "imagenet"]


@pytest.mark.parametrize("name", NAMES)
def test_the_policies_are_the_published_tables(name: PolicyName) -> None:
    ours = [[[step.operation, step.probability, step.level] for step in steps] for steps in POLICIES[name]]
    assert ours == [[[operation, share, level or 0] for operation, share, level in steps] for steps in GOLDEN[name]]
    assert len(ours) == 25


@pytest.mark.parametrize("name", NAMES)
def test_what_has_a_magnitude_has_a_level_in_the_tables(name: PolicyName) -> None:
    for operation, share, level in (step for steps in GOLDEN[name] for step in steps):
        assert (level is not None) == (operation in MAGNITUDES)
        assert 0 <= share <= 1
