"""Networks that hold every kind of op, where padding, folding and activations could go wrong."""

from latency_service.contract.keys import parse_key
from latency_service.contract.network import NetworkSpec

_KINDS = {
    "conv_bn_act": ("v1-conv_bn_act-9x8x3-out8-k3-s2-g1-relu6",),
    "conv_bn_act, grouped": ("v1-conv_bn_act-8x8x6-out12-k3-s2-g3-none",),
    "conv_bn_act, hard swish": ("v1-conv_bn_act-8x8x3-out8-k5-s2-g1-hard_swish",),
    "mbconv, skip": ("v1-mbconv-7x7x8-out8-k7-s1-e3-skip1-relu6",),
    "mbconv, stride 2 of an even map": ("v1-mbconv-8x8x8-out6-k5-s2-e6-skip0-relu6",),
    "mbconv, no expansion": ("v1-mbconv-8x8x8-out8-k3-s1-e1-skip1-relu",),
    "sep_conv": ("v1-sep_conv-8x8x4-out6-k5-s2-d1-relu6",),
    "sep_conv, dilated": ("v1-sep_conv-9x9x4-out6-k3-s1-d2-relu",),
    "skips around what is no MBConv": (
        "v1-sep_conv-6x6x4-out4-k3-s1-d2-relu6-skip1",
        "v1-avg_pool-6x6x4-k3-s1-skip1",
        "v1-max_pool-6x6x4-k3-s1-skip1",
    ),
    "pools and identity": (
        "v1-avg_pool-8x8x4-k3-s2",
        "v1-identity-4x4x4",
        "v1-max_pool-4x4x4-k3-s2",
    ),
    "skips": (
        "v1-sep_conv-8x8x4-out4-k5-s1-d1-relu6-skip1",
        "v1-avg_pool-8x8x4-k3-s1-skip1",
        "v1-sep_conv-8x8x4-out4-k3-s1-d2-relu6-skip1",
        "v1-max_pool-8x8x4-k3-s1-skip1",
    ),
    "classifier": ("v1-classifier-4x5x8-out7",),
    "all of them": (
        "v1-conv_bn_act-12x12x3-out8-k3-s2-g1-hard_swish",
        "v1-mbconv-6x6x8-out8-k5-s1-e3-skip1-relu6",
        "v1-sep_conv-6x6x8-out8-k3-s1-d2-relu6",
        "v1-identity-6x6x8",
        "v1-avg_pool-6x6x8-k3-s1",
        "v1-mbconv-6x6x8-out12-k3-s2-e6-skip0-relu6",
        "v1-max_pool-3x3x12-k3-s1",
        "v1-classifier-3x3x12-out5",
    ),
}

NETWORKS = {name: NetworkSpec(ops=tuple(map(parse_key, keys))) for name, keys in _KINDS.items()}
WHOLE = NETWORKS["all of them"]
