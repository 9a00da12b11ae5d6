import pytest
import torch

from latency_service.contract.errors import InvalidInput
from search_client.modules.super_net import SuperNet
from tests.unit.search_client.small_space import small_space

IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(9))


@pytest.fixture
def supernet() -> SuperNet:
    return SuperNet(small_space(), torch.Generator().manual_seed(0))


def test_the_output_is_one_row_of_logits_an_image(supernet: SuperNet) -> None:
    assert supernet(IMAGES).shape == (4, 3)


def test_weights_and_alphas_share_out_all_parameters(supernet: SuperNet) -> None:
    weights, alphas = set(supernet.weight_params()), set(supernet.arch_params())
    assert weights | alphas == set(supernet.parameters())
    assert not weights & alphas
    assert [len(alpha) for alpha in supernet.arch_params()] == [6, 7, 7]
    everything = [*supernet.space.stem, *supernet.space.head]
    everything += [op for block in supernet.space.blocks for op in block.candidates]
    assert sum(weight.numel() for weight in weights) == sum(op.parameters for op in everything)


def test_candidates_off_the_path_compute_nothing_and_keep_their_batch_statistics(supernet: SuperNet) -> None:
    supernet.set_path((1, 6, 2))
    ran = []
    for index, mixed_op in enumerate(supernet.mixed_ops):
        for choice, op in enumerate(mixed_op.ops):
            op.register_forward_hook(lambda *_, place=(index, choice): ran.append(place))
    before = {name: buffer.clone() for name, buffer in supernet.named_buffers()}
    supernet(IMAGES)
    moved = {name for name, buffer in supernet.named_buffers() if not torch.equal(buffer, before[name])}
    assert ran == [(0, 1), (1, 6), (2, 2)]
    assert all(name.startswith(("stem", "blocks.0.ops.1.", "blocks.2.ops.2.")) for name in moved)
    assert moved


def test_the_uniform_path_ignores_the_alphas_and_the_sampled_path_follows_them(supernet: SuperNet) -> None:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for alpha in supernet.arch_params():
            alpha[3] = 30.0
    supernet.sample_path(generator)
    assert supernet.path == supernet.most_probable_path() == (3, 3, 3)
    seen = set()
    for _ in range(200):
        supernet.sample_uniform_path(generator)
        seen.add(supernet.path[1])
    assert seen == set(range(7))


def test_equal_generators_give_equal_supernets_and_paths() -> None:
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    first, second = (SuperNet(small_space(), generator) for generator in generators)
    for net, generator in zip((first, second), generators, strict=True):
        net.sample_path(generator)
    assert first.path == second.path
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])


def test_the_alphas_start_almost_equal(supernet: SuperNet) -> None:
    spread = torch.cat([alpha.detach() for alpha in supernet.arch_params()]).std().item()
    assert 3e-4 < spread < 3e-3


def test_a_path_that_the_space_does_not_have_is_refused(supernet: SuperNet) -> None:
    with pytest.raises(InvalidInput, match="candidates 0 to 5"):
        supernet.set_path((6, 0, 0))
