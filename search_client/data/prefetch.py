"""Prefetch: results of a pure function of a number, in order, computed ahead by worker processes."""

import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")


def in_order(compute: Callable[[int], T], numbers: Iterable[int], workers: int) -> Iterator[T]:
    """Yield compute(number) for each number.

    Args:
        compute: Must depend on nothing but the number.
        numbers: May be endless.
        workers: Processes; 0 computes in this one, when the result is asked for.
    """
    if not workers:
        return map(compute, numbers)
    loader = DataLoader(
        _ByNumber(compute),
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        collate_fn=_as_it_is,
        worker_init_fn=_leave_interrupts_to_the_parent,
        generator=torch.Generator(),  # else it draws from the global one
    )
    return iter(loader)


class _ByNumber(Dataset[T], Generic[T]):
    def __init__(self, compute: Callable[[int], T]) -> None:
        self._compute = compute

    def __getitem__(self, number: int) -> T:
        return self._compute(number)


def _as_it_is(result: T) -> T:
    return result


def _leave_interrupts_to_the_parent(_worker: int) -> None:
    """Ctrl-C reaches the whole process group: the parent ends its step and stores, and needs its workers for that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
