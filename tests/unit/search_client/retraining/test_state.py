import pytest
import torch
from torch import Tensor

from latency_service.contract.errors import InvalidInput
from search_client.compute import Compute
from search_client.retraining.state import RetrainState, make_optimizer
from tests.unit.search_client.retraining.small_retraining import separable_images, small_architecture, small_config


def small_state(**changes: object) -> RetrainState:
    return RetrainState(small_config(**changes), small_architecture(), separable_images(), Compute())


def labels_of(state: RetrainState) -> Tensor:
    return state.next_batch()[1]


def test_without_mixup_labels_are_smoothed_classes() -> None:
    labels = labels_of(small_state(mixup_alpha=None, label_smoothing=0.2))
    assert labels.shape == (32, 4)
    assert sorted(set(labels.flatten().tolist())) == pytest.approx([0.05, 0.85])


def test_with_mixup_the_loss_is_the_same_blend_of_both_images_losses() -> None:
    plain = small_state(mixup_alpha=None, label_smoothing=0.0)
    mixed = small_state(mixup_alpha=1.0, label_smoothing=0.0)
    (images, classes), (blended, blended_labels) = plain.next_batch(), mixed.next_batch()
    ratio, partners = blended_labels.gather(1, classes.argmax(1, keepdim=True)).flatten(), blended_labels - classes
    logits = torch.randn(32, 4, generator=torch.Generator().manual_seed(0))
    criterion = torch.nn.CrossEntropyLoss(reduction="none")
    others = torch.where(partners > 0, 1.0, 0.0)
    is_blend = ratio < 1
    blend = ratio * criterion(logits, classes) + (1 - ratio) * criterion(logits, others)
    assert bool(is_blend.any())
    assert torch.allclose(criterion(logits, blended_labels)[is_blend], blend[is_blend], atol=1e-5)
    assert not torch.equal(images, blended)


def test_what_a_step_draws_depends_on_its_number_alone() -> None:
    first, second = small_state(), small_state()
    first.step = second.step = 5
    expected = first.next_batch()
    torch.rand(10)
    assert all(map(torch.equal, expected, second.next_batch()))


def test_validation_is_held_out_class_by_class_or_not_at_all() -> None:
    held_out = small_state(validation_share=0.2).validation
    assert held_out is not None
    assert held_out.labels.bincount().tolist() == [8, 8, 8, 8]
    whole = small_state(validation_share=0.0)
    assert whole.validation is None
    assert len(whole.train_images) == 160


@pytest.mark.parametrize(("decays", "expected"), [(True, 0.01), (False, 0.0)])
def test_batch_normalisations_and_biases_decay_only_where_asked(decays: bool, expected: float) -> None:
    config = small_config(weight_decay=0.01, decay_norm_and_bias=decays)
    module = small_state().module
    optimizer = make_optimizer(module, config)
    decay_of = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    decays_by_name = {name: decay_of[id(p)] for name, p in module.named_parameters()}
    assert decays_by_name["0.0.weight"] == 0.01
    assert decays_by_name["0.1.weight"] == decays_by_name["0.1.bias"] == expected
    assert all(group["nesterov"] for group in optimizer.param_groups)


def test_a_network_for_other_images_is_refused() -> None:
    images = separable_images()
    other = images.train.subset(torch.arange(160))
    with pytest.raises(InvalidInput, match="5 classes"):
        RetrainState(
            small_config(),
            small_architecture(),
            type(images)("other", other, other, images.mean, images.std, num_classes=5, may_flip=True),
            Compute(),
        )
