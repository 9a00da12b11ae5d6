import pytest

from latency_service.contract.keys import format_key
from latency_service.contract.ops import Classifier, Identity, MBConv
from latency_service.services.correction.classes import classes_of


def mbconv(size: int = 28, kernel_size: int = 3, expand_ratio: int = 6, channels: int = 40) -> set[str]:
    op = MBConv(
        input_height=size,
        input_width=size,
        in_channels=channels,
        out_channels=channels,
        kernel_size=kernel_size,
        expand_ratio=expand_ratio,
        has_skip=True,
    )
    return set(classes_of(format_key(op)))


@pytest.mark.parametrize("different", [{"size": 14}, {"kernel_size": 7}, {"expand_ratio": 3}])
def test_where_one_of_size_kernel_and_expand_ratio_differs_two_classes_are_shared(different: dict[str, int]) -> None:
    assert len(mbconv()) == 3
    assert len(mbconv() & mbconv(**different)) == 2


def test_where_all_differ_none_is_shared() -> None:
    assert not mbconv() & mbconv(size=14, kernel_size=7, expand_ratio=3)


def test_channels_make_no_class() -> None:
    assert mbconv() == mbconv(channels=80)


def test_ops_of_other_kinds_have_other_classes() -> None:
    others = (
        Identity(input_height=28, input_width=28, in_channels=40),
        Classifier(input_height=28, input_width=28, in_channels=40, num_classes=10),
    )
    found = [mbconv(), *(set(classes_of(format_key(op))) for op in others)]
    assert all(not one & other for one in found for other in found if one is not other)
