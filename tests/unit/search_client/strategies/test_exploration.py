from collections import Counter

import pytest
import torch

from search_client.modules.super_net import SuperNet
from search_client.strategies.exploration import Exploration, entropy_share, shrinkage
from tests.unit.search_client.small_space import small_space


@pytest.fixture
def supernet() -> SuperNet:
    supernet = SuperNet(small_space(), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for alpha in supernet.arch_params():
            alpha[2] += 4.0
    return supernet


def drawn(exploration: Exploration, supernet: SuperNet, progress: float | None, count: int = 600) -> Counter[int]:
    """Count the candidates that are drawn for the second block, which has seven."""
    generator, counts = torch.Generator().manual_seed(0), Counter[int]()
    for _ in range(count):
        exploration.draw_path(supernet, generator, progress)
        counts[supernet.path[1]] += 1
    return counts


def test_paths_are_uniform_in_the_warm_up_and_follow_the_alphas_in_the_search(supernet: SuperNet) -> None:
    in_warm_up, in_search = (drawn(Exploration(), supernet, progress) for progress in (None, 0.0))
    assert max(in_warm_up.values()) < 600 / 7 * 1.5
    share = supernet.path_probs()[1][2].item()
    assert in_search[2] / 600 == pytest.approx(share, abs=4 * (share * (1 - share) / 600) ** 0.5)


@pytest.mark.parametrize(("progress", "temperature"), [(0.0, 9.0), (0.5, 3.0), (1.0, 1.0)])
def test_the_temperature_falls_geometrically_to_one(supernet: SuperNet, progress: float, temperature: float) -> None:
    exploration = Exploration(temperature=9.0)
    counts = drawn(exploration, supernet, progress, count=1200)
    assert [mixed_op.temperature for mixed_op in supernet.mixed_ops] == pytest.approx([temperature] * 3)
    share = (list(supernet.arch_params())[1] / temperature).softmax(0)[2].item()
    torch.testing.assert_close(supernet.path_probs()[1][2].item(), share)
    assert counts[2] / 1200 == pytest.approx(share, abs=4 * (share * (1 - share) / 1200) ** 0.5)


@pytest.mark.parametrize(
    ("phases", "progress", "is_fair"),
    [
        ("never", None, False),
        ("warm-up", None, True),
        ("warm-up", 0.3, False),
        ("always", None, True),
        ("always", 0.3, True),
    ],
)
def test_fair_sampling_holds_in_the_phases_that_it_is_asked_for(
    supernet: SuperNet, phases: str, progress: float | None, is_fair: bool
) -> None:
    exploration = Exploration(fair_sampling=phases)  # type: ignore[arg-type]
    counts = drawn(exploration, supernet, progress, count=70)
    assert (set(counts.values()) == {10} and len(counts) == 7) == is_fair


def test_the_share_of_the_entropy_is_one_of_even_and_zero_of_certain_probabilities() -> None:
    assert entropy_share(torch.full((5,), 0.2)) == pytest.approx(1)
    assert entropy_share(torch.tensor([0.0, 1.0, 0.0])) == 0
    assert entropy_share(torch.tensor([0.5, 0.5, 0.0, 0.0])) == pytest.approx(0.5)


@pytest.mark.parametrize("floor", [0.05, 0.5, 0.99])
@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_shrunken_logits_have_the_floor_for_their_entropy(floor: float, size: float) -> None:
    logits = size * torch.tensor([3.0, -1.0, 8.0, 0.5], dtype=torch.float64)
    factor = shrinkage(logits, floor)
    assert 0 < factor < 1
    assert entropy_share((factor * logits).softmax(0)) == pytest.approx(floor, abs=1e-6)


def test_logits_above_the_floor_are_left_alone() -> None:
    assert shrinkage(torch.tensor([0.1, 0.0, -0.1]), 0.9) == 1.0


def test_the_floor_falls_linearly_to_nothing_and_lets_no_candidate_overtake(supernet: SuperNet) -> None:
    exploration = Exploration(entropy_floor=0.8)
    before = [alpha.detach().clone() for alpha in supernet.arch_params()]
    exploration.keep_floor(supernet, progress=1.0)
    assert all(torch.equal(old, alpha) for old, alpha in zip(before, supernet.arch_params(), strict=True))
    exploration.keep_floor(supernet, progress=0.25)
    for old, alpha, probs in zip(before, supernet.arch_params(), supernet.path_probs(), strict=True):
        assert entropy_share(probs) == pytest.approx(0.6, abs=1e-5)
        assert torch.equal(old.argsort(), alpha.argsort())


def test_a_search_with_fair_paths_has_its_temperature_from_its_first_step_on(supernet: SuperNet) -> None:
    drawn(Exploration(temperature=9.0, fair_sampling="always"), supernet, progress=0.5, count=1)
    assert [mixed_op.temperature for mixed_op in supernet.mixed_ops] == pytest.approx([3.0] * 3)
