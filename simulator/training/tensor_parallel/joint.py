"""Layers that several devices compute together: each its block, then all talk.

The devices are the workers of a stack: a layer takes what each of them holds, (p, B, ...), and
gives what each holds after. Between, their blocks may be of unequal widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulator.collectives import Schedule, apply
from simulator.learning.arrays import Floats
from simulator.learning.models.dense import summed
from simulator.learning.models.layer import Aside, Layer, Pull, Views
from simulator.learning.models.splits import Block

__all__ = ['Cut', 'Team', 'joint']


class Team:
    """Devices that compute a model together.

    Parameters
    ----------
    schedule : Schedule
        The all-reduce by which they add up.

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> team = Team(ring(Ranks(2)))
    >>> team.add(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[4.0, 6.0], [4.0, 6.0]]
    >>> team.gather([np.array([[1.0, 2.0]]), np.array([[3.0]])]).tolist()
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """

    def __init__(self, schedule: Schedule):
        self.schedule = schedule
        self.size = schedule.ranks

    def add(self, shares: Floats) -> Floats:
        """Return what each device holds after an all-reduce of *shares* (p, ...)."""
        return apply(self.schedule, shares.reshape(self.size, -1)).reshape(shares.shape)

    def gather(self, blocks: Sequence[Floats]) -> Floats:
        """Return what each holds after an all-gather of *blocks* (1, ..., k), side by side."""
        whole = np.concatenate(blocks, axis=-1)
        return np.broadcast_to(whole, (self.size, *whole.shape[1:]))


class Cut(NamedTuple):
    """Some layers in a row, cut into blocks.

    Attributes
    ----------
    whole : Layer
        All of them.
    blocks : list of Block or None
        What each device computes; None: nothing.
    enters : list of slice, optional
        Which part of its inputs each takes; by default all of them.
    leaves : list of slice, optional
        Which part of its outputs each makes; by default a share of the sums of all, to which the
        last array of the whole layer, a bias, is added by everybody.
    """

    whole: Layer
    blocks: list[Block | None]
    enters: list[slice] | None = None
    leaves: list[slice] | None = None

    @property
    def bias(self) -> int | None:
        """Which array is added to the sums."""
        return len(self.whole.weights) - 1 if self.leaves is None else None


def joint(cut: Cut, team: Team) -> Layer:
    """Return the layer that the devices of a team compute together.

    Megatron's pair of operators stands at its ends: what enters as a whole comes back as a sum of
    all devices' gradients, what enters in parts is gathered on its way back; of what leaves, the
    gradients are there.

    References
    ----------
    .. [1] Shoeybi et al., "Megatron-LM: Training Multi-Billion Parameter Language Models Using
       Model Parallelism", arXiv:1909.08053, 2019.
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        parts = [
            _Part(block, _own(weights, k), _own(aside.statistics, k), _of(aside, k))
            for k, block in enumerate(cut.blocks)
        ]
        taken = _parts_of(samples, cut.enters)
        made = [part.forward(each) for part, each in zip(parts, taken, strict=True)]
        outputs = _left(made, cut, team)
        if cut.bias is not None:
            outputs += weights[cut.bias].reshape(team.size, *[1] * (outputs.ndim - 2), -1)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            if cut.bias is not None:
                rows = upstream.reshape(team.size, -1, upstream.shape[-1])
                gradients[cut.bias][...] = summed(rows)
            above = _parts_of(upstream, cut.leaves)
            found = [
                part.back(above[k], _own(gradients, k), wanted) for k, part in enumerate(parts)
            ]
            if not wanted:
                return None
            if cut.enters is not None:
                return team.gather(_filled(found, samples[..., :0]))
            return team.add(np.concatenate(_filled(found, samples)))

        return outputs, pull

    return cut.whole._replace(forward=forward, split=None)


class _Part:
    """One device's way through its block, and back."""

    def __init__(self, block: Block | None, weights: Views, measured: Views, aside: Aside):
        self._block, self._weights = block, weights
        if block is not None:
            noise = None if aside.noise is None else aside.noise[..., block.noise]
            statistics = [piece.of(measured) for piece in block.statistics]
            self._aside = aside._replace(noise=noise, statistics=statistics)

    def forward(self, samples: Floats) -> Floats | None:
        if self._block is None:
            return None
        held = [piece.of(self._weights) for piece in self._block.weights]
        outputs, self._pull = self._block.layer.forward(held, samples, self._aside)
        return outputs

    def back(self, upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
        """Go back; fill in the gradients of what this device holds, and nothing else."""
        if self._block is None:
            return None
        held = [np.empty_like(piece.of(self._weights)) for piece in self._block.weights]
        below = self._pull(upstream, held, wanted)
        for piece, gradient in zip(self._block.weights, held, strict=True):
            gradients[piece.array][piece.key] = gradient
        return below


def _own(views: Views, device: int) -> list[Floats]:
    return [view[device : device + 1] for view in views]


def _of(aside: Aside, device: int) -> Aside:
    """Return what goes beside the signal of one device: all draw alike."""
    own = slice(device, device + 1)
    noise = None if aside.noise is None else aside.noise[own]
    present = None if aside.present is None else aside.present[own]
    return aside._replace(noise=noise, present=present)


def _parts_of(stack: Floats, places: list[slice] | None) -> list[Floats]:
    """Return what each device takes of its row of a stack: a part of the last axis, or all."""
    rows = [stack[k : k + 1] for k in range(len(stack))]
    if places is None:
        return rows
    return [row[..., place] for row, place in zip(rows, places, strict=True)]


def _left(made: list[Floats | None], cut: Cut, team: Team) -> Floats:
    """Return what all hold when they have talked."""
    like = next(each for each in made if each is not None)
    if cut.leaves is not None:
        return team.gather(_filled(made, like[..., :0]))
    return team.add(np.concatenate(_filled(made, like)))


def _filled(found: list[Floats | None], like: Floats) -> list[Floats]:
    """Put nothing in the place of what a device without a block would have said."""
    nothing = np.zeros_like(like[:1])
    return [nothing if each is None else each for each in found]
