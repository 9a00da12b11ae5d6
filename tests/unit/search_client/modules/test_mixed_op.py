import torch

from search_client.modules.mixed_op import MixedOp
from tests.unit.search_client.small_space import small_space


def test_sampling_follows_the_path_probabilities() -> None:
    mixed_op = MixedOp(small_space().blocks[0])
    with torch.no_grad():
        mixed_op.alpha.copy_(torch.tensor([2.0, 1.0, 0.0, 0.0, 0.0, -9.0]))
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(6)
    for _ in range(2000):
        mixed_op.sample(generator)
        counts[mixed_op.active] += 1
    probs = mixed_op.path_probs().detach()
    standard_error = (probs * (1 - probs) / 2000).sqrt()
    assert ((counts / 2000 - probs).abs() < 4 * standard_error + 1e-3).all()


def test_only_the_active_candidate_gets_a_gradient() -> None:
    mixed_op = MixedOp(small_space().blocks[1])
    mixed_op.active = 4
    mixed_op(torch.randn(2, 6, 4, 4)).sum().backward()
    trained = {name.split(".")[1] for name, param in mixed_op.named_parameters() if param.grad is not None}
    assert trained == {"4"}
