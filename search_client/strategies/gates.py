"""The binary gates of a block, as mathematics: which are drawn, and how the loss's slope in them becomes the logits'.

Source: ProxylessNAS, arXiv:1812.00332, section 3.2.
"""

import torch
from torch import Tensor


def sample_pair(path_probs: Tensor, generator: torch.Generator) -> Tensor:
    """Return two different candidates drawn without replacement from Multinomial(path_probs).

    Args:
        path_probs: Shape (num_candidates,), on the CPU.
        generator: A generator of the CPU.

    Returns:
        Shape (2,), indices in the order drawn.
    """
    return torch.multinomial(path_probs, 2, replacement=False, generator=generator)


def drawn_probs(logits: Tensor, drawn: Tensor) -> Tensor:
    """Return the softmax over just the drawn candidates' logits, differentiable.

    Args:
        logits: Shape (num_candidates,).
        drawn: Shape (num_drawn,), indices, all different.

    Returns:
        Shape (num_drawn,).
    """
    return torch.softmax(logits[drawn], dim=0)


def alpha_gradient(gate_gradient: Tensor, probs: Tensor) -> Tensor:
    """Return dL/dalpha_i = sum_j dL/dg_j p_j (delta_ij - p_i), for any number of gates.

    Args:
        gate_gradient: Shape (n,), dL/dg_j = <dL/dy, o_j(x)>.
        probs: Shape (n,), the softmax of the same logits.

    Source: arXiv:1812.00332, equation 4.
    """
    return probs * (gate_gradient - (gate_gradient * probs).sum())


def rescaled(before: Tensor, after: Tensor, drawn: Tensor) -> Tensor:
    """Return `after` with the drawn logits shifted so that the probabilities of all others are what they were.

    Args:
        before: Shape (num_candidates,), logits before the optimiser's step.
        after: Shape (num_candidates,), after it.
        drawn: Shape (num_drawn,), the only candidates that the step changed.
    """
    growth = after[drawn].logsumexp(0) - before[drawn].logsumexp(0)
    return after.index_add(0, drawn, -growth.expand(len(drawn)))
