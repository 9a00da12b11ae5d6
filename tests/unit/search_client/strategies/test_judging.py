import torch
from torch.nn import functional

from search_client.compute import Compute
from search_client.modules.mixed_op import MixedOp
from search_client.strategies.judging import judge
from tests.unit.search_client.strategies.tiny_space import IMAGES, LABELS, tiny_supernet

PATHS = [(0, 1), (2, 2), (1, 0)]


def test_each_network_is_judged_by_what_it_alone_does_on_the_batch() -> None:
    supernet = tiny_supernet(MixedOp)
    as_it_is = Compute(channels_last=False)
    judgements = judge(supernet, PATHS, IMAGES, LABELS, functional.cross_entropy, as_it_is)
    for path, judgement in zip(PATHS, judgements, strict=True):
        supernet.set_path(path)
        logits = supernet(IMAGES)
        assert judgement.ce == functional.cross_entropy(logits, LABELS).item()
        assert judgement.accuracy == (logits.argmax(1) == LABELS).double().mean()
    assert len({judgement.ce for judgement in judgements}) == len(PATHS)


def test_judging_records_no_statistics_and_holds_nothing_for_a_backward_pass() -> None:
    supernet = tiny_supernet(MixedOp)
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    held: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(held.append, lambda tensor: tensor):
        judge(supernet, PATHS, IMAGES, LABELS, functional.cross_entropy, Compute())
    assert not held
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())
