"""In which order a stage of a pipeline takes its forward and backward passes: pure functions."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ['SCHEDULES', 'Pass', 'bubble_share', 'fill_drain', 'held', 'one_forward_one_backward']


class Pass(NamedTuple):
    """One pass of one micro-batch through a stage."""

    kind: Literal['forward', 'backward']
    micro_batch: int


def fill_drain(stage: int, stages: int, micro_batches: int) -> list[Pass]:
    """Take all forward passes, then all backward ones, the last micro-batch first.

    References
    ----------
    .. [1] Huang et al., "GPipe: Efficient Training of Giant Neural Networks using Pipeline
       Parallelism", NeurIPS 2019.

    Examples
    --------
    >>> [(each.kind[0], each.micro_batch) for each in fill_drain(0, 2, 2)]
    [('f', 0), ('f', 1), ('b', 1), ('b', 0)]
    """
    forward = [Pass('forward', k) for k in range(micro_batches)]
    return forward + [Pass('backward', k) for k in reversed(range(micro_batches))]


def one_forward_one_backward(stage: int, stages: int, micro_batches: int) -> list[Pass]:
    """Take as many forward passes as there are stages from here on, then turn by turn.

    References
    ----------
    .. [1] Narayanan et al., "PipeDream: Generalized Pipeline Parallelism for DNN Training",
       SOSP 2019 (1F1B), here flushed at the end of each step.

    Examples
    --------
    >>> [(each.kind[0], each.micro_batch) for each in one_forward_one_backward(1, 2, 2)]
    [('f', 0), ('b', 0), ('f', 1), ('b', 1)]
    """
    ahead = min(stages - stage, micro_batches)
    order = [Pass('forward', k) for k in range(ahead)]
    for k in range(micro_batches):
        order.append(Pass('backward', k))
        if ahead + k < micro_batches:
            order.append(Pass('forward', ahead + k))
    return order


SCHEDULES = {'fill_drain': fill_drain, 'one_forward_one_backward': one_forward_one_backward}


def held(order: list[Pass]) -> int:
    """Return of how many micro-batches a stage keeps the activations at once, at the most.

    Examples
    --------
    >>> held(fill_drain(0, 4, 8)), held(one_forward_one_backward(0, 4, 8))
    (8, 4)
    """
    now = most = 0
    for each in order:
        now += 1 if each.kind == 'forward' else -1
        most = max(most, now)
    return most


def bubble_share(stages: int, micro_batches: int) -> float:
    """Return the share of their time in which equal stages stand still: (p - 1) / (m + p - 1).

    Examples
    --------
    >>> bubble_share(4, 9)
    0.25
    """
    return (stages - 1) / (micro_batches + stages - 1)
