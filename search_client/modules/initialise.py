"""Initial weights, as ProxylessNAS released them."""

import math

import torch
from torch import nn


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights anew: convolutions He normal by fan-out, linear layers uniform, batch normalisations 1 and 0.

    A depthwise convolution's fan-out counts all of its output channels, as in the released code.

    Source: mit-han-lab/proxylessnas, `init_model(model_init="he_fout")`; arXiv:1502.01852, section 2.2.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif isinstance(layer, nn.Linear):
            bound = 1.0 / math.sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.zeros_(layer.bias)
