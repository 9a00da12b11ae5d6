"""The learning rate of a retraining as a function of the step."""

from search_client.training.schedule import cosine_lr


def warmed_up_cosine_lr(peak: float, step: int, total_steps: int, warmup_steps: int) -> float:
    """Return the learning rate of step 0 to total_steps - 1: up to `peak` in a straight line, then down a cosine.

    Args:
        peak: Reached at the last step of the warm-up, and held by the first one after it.
        step: Counted from 0.
        total_steps: Of the whole training.
        warmup_steps: The first ones; fewer than total_steps.

    Source: Goyal et al., arXiv:1706.02677, section 2.2 (gradual warm-up); SGDR, arXiv:1608.03983, equation 5.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return cosine_lr(peak, step - warmup_steps, total_steps - warmup_steps)
