import pytest
import torch
from torch import nn

from latency_service.contract.errors import InvalidInput
from search_client.compute import Amp, Compute, make_compute, pick_device
from search_client.distributed import ALONE, Ranks
from search_client.modules.super_net import SuperNet
from search_client.training.evaluation import weight_step
from tests.unit.search_client.small_space import small_space
from tests.unit.search_client.training.small_run import small_config


def small_network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3))


def batch(size: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(size, 3, 8, 8, generator=generator), torch.randint(3, (size,), generator=generator)


def sgd(module: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)


def stepped(compute: Compute, steps: int = 3) -> tuple[nn.Module, tuple[float, float]]:
    module = compute.place(small_network())
    optimizer = sgd(module)
    seen = (0.0, 0.0)
    for _ in range(steps):
        seen = weight_step(module, batch(), nn.CrossEntropyLoss(), optimizer, compute)
    return module, seen


@pytest.mark.parametrize("parts", [2, 3, 12])
def test_a_batch_in_parts_makes_the_step_of_the_whole_batch(parts: int) -> None:
    whole, seen_whole = stepped(Compute())
    cut, seen_cut = stepped(Compute(accumulate=parts))
    assert seen_cut == pytest.approx(seen_whole, rel=1e-5)
    for one, other in zip(whole.parameters(), cut.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_candidates_that_do_not_run_get_neither_gradient_nor_momentum_nor_decay() -> None:
    supernet = SuperNet(small_space(), torch.Generator().manual_seed(0))
    optimizer, compute = sgd(supernet), Compute()
    path = [0] * len(supernet.mixed_ops)
    for choices in ([1] * len(path), path):  # the first step gives candidates 1 a momentum
        before = [param.clone() for param in supernet.mixed_ops[0].ops[1].parameters()]
        supernet.set_path(choices)
        weight_step(supernet, batch(), nn.CrossEntropyLoss(), optimizer, compute)
    after = list(supernet.mixed_ops[0].ops[1].parameters())
    assert all("momentum_buffer" in optimizer.state[param] for param in after)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not any(param in optimizer.state for param in supernet.mixed_ops[0].ops[2].parameters())
    assert all(param.grad is None for param in supernet.parameters())


def test_bf16_runs_the_forward_pass_in_bf16_and_keeps_the_weights_in_fp32() -> None:
    compute = Compute(amp="bf16")
    module = compute.place(small_network())
    images, labels = compute.on_device(batch())
    with compute.autocast():
        assert module(images).dtype == torch.bfloat16
    weight_step(module, (images, labels), nn.CrossEntropyLoss(), sgd(module), compute)
    assert {param.dtype for param in module.parameters()} == {torch.float32}


def test_fp16_steps_are_those_of_fp32_but_for_rounding() -> None:
    exact, _ = stepped(Compute())
    rounded, _ = stepped(Compute(amp="fp16"))
    for one, other in zip(exact.parameters(), rounded.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.005)


def test_a_step_whose_gradient_overflows_is_skipped_and_counted() -> None:
    compute, weight = Compute(amp="fp16"), nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9, weight_decay=0.1)
    assert not compute.descend([(weight * 1e38).sum()], [weight], optimizer)
    assert (compute.skipped_steps, weight.item(), weight.grad) == (1, 1.0, None)
    assert compute.descend([(weight * 2).sum()], [weight], optimizer)
    assert compute.skipped_steps == 1
    assert weight.item() == pytest.approx(1 - 0.1 * (2 + 0.1))


@pytest.mark.parametrize("amp", ["off", "fp16"])
def test_descending_moves_the_asked_parameters_alone_along_the_unscaled_gradient(amp: str) -> None:
    asked, other = nn.Parameter(torch.tensor([3.0])), nn.Parameter(torch.tensor([5.0]))
    compute = Compute(amp="fp16" if amp == "fp16" else "off")
    compute.descend(
        ((asked * other * share).sum() for share in (0.75, 0.25)), [asked], torch.optim.SGD([asked], lr=0.1)
    )
    assert asked.item() == pytest.approx(3 - 0.1 * 5)
    assert (other.item(), other.grad) == (5.0, None)


def test_the_scale_and_the_count_of_skipped_steps_come_back() -> None:
    compute, weight = Compute(amp="fp16"), nn.Parameter(torch.ones(1))
    compute.descend([(weight * 1e38).sum()], [weight], torch.optim.SGD([weight], lr=0.1))
    restored = Compute(amp="fp16")
    restored.load_state_dict(compute.state_dict())
    assert restored.state_dict() == compute.state_dict()
    assert restored.state_dict() != Compute(amp="fp16").state_dict()


@pytest.mark.parametrize("channels_last", [True, False])
def test_weights_and_images_are_laid_out_as_asked(channels_last: bool) -> None:
    compute = Compute(channels_last=channels_last)
    weight = next(compute.place(small_network()).parameters())
    images, _ = compute.on_device(batch())
    for tensor in (weight, images):
        assert tensor.is_contiguous(memory_format=torch.channels_last) == channels_last


def test_the_gpu_of_a_process_that_has_none_is_refused() -> None:
    assert pick_device("cpu", local_rank=5).type == "cpu"
    with pytest.raises(InvalidInput, match="torch sees"):
        pick_device("cuda", local_rank=torch.cuda.device_count())


@pytest.mark.parametrize("amp", ["off", "fp16"])
def test_gradients_longer_than_asked_for_are_shortened_all_together(amp: Amp) -> None:
    weights = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    compute = Compute(amp=amp)
    compute.backward((3 * weights[0] + 4 * weights[1]).sum())
    compute.step(torch.optim.SGD(weights, lr=1.0), max_gradient_norm=0.5)
    assert [weight.item() for weight in weights] == pytest.approx([-0.3, -0.4], rel=1e-4)
    compute.backward((0.03 * weights[0] + 0.04 * weights[1]).sum())
    compute.step(torch.optim.SGD(weights, lr=1.0), max_gradient_norm=0.5)
    assert [weight.item() for weight in weights] == pytest.approx([-0.33, -0.44], rel=1e-4)


def test_batches_that_cannot_be_shared_out_evenly_are_refused() -> None:
    Compute(accumulate=4).require_even_parts(12)
    with pytest.raises(InvalidInput, match="make batch_size a multiple"):
        Compute(accumulate=5).require_even_parts(12)
    with pytest.raises(InvalidInput, match="make batch_size a multiple"):
        make_compute(small_config(batch_size=16), Ranks(world_size=3))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_processor_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="torch sees 0"):
        make_compute(small_config(train_on="cuda"), ALONE)


def test_a_process_computes_as_its_settings_say() -> None:
    compute = make_compute(small_config(train_on="cpu", amp="bf16", accumulate=19, channels_last=False), ALONE)
    assert (compute.device.type, compute.amp, compute.accumulate) == ("cpu", "bf16", 19)
    assert compute.memory_format == torch.contiguous_format


def test_labels_may_be_probabilities_of_which_the_likeliest_counts() -> None:
    images, labels = batch()
    probs = torch.nn.functional.one_hot(labels, 3).float() * 0.7 + 0.1
    hard = weight_step(small_network(), (images, labels), nn.CrossEntropyLoss(), sgd(small_network()), Compute())
    soft = weight_step(small_network(), (images, probs), nn.CrossEntropyLoss(), sgd(small_network()), Compute())
    smoothed = nn.CrossEntropyLoss(label_smoothing=0.3)(small_network()(images), labels)
    assert soft == pytest.approx((float(smoothed.detach()), hard[1]), rel=1e-5)
