"""Waves to be told from their past, or drawn from a description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from simulator.learning.data.dataset import Dataset
from simulator.learning.data.drawn import Count, Noise
from simulator.learning.data.memory import Length
from simulator.learning.data.sequences import sequences, split
from simulator.learning.task import Task

Frequency = Annotated[float, Ge(0), Le(0.5)]


def sine(
    rng: np.random.Generator,
    *,
    samples: Count = 1000,
    length: Length = 24,
    form: Literal['shifted', 'last', 'generate', 'continue'] = 'shifted',
    lowest: Frequency = 0.02,
    highest: Frequency = 0.1,
    noise: Noise = 0.05,
) -> Dataset:
    """Sine waves of random frequency and phase, with noise, to be forecast.

    Parameters
    ----------
    samples : int
        Altogether, a fifth for testing.
    length : int
        Steps of a sequence.
    form : str
        ``shifted``: after each step the next value, a sequence shifted by one; ``last``: the one
        value after the sequence; ``generate``: the whole wave, from its frequency (in cycles a
        length) and the sine and cosine of its phase, without noise; ``continue``: after a source
        of *length* values half as many more, for which a decoder is told the value before.
    lowest, highest : float
        Frequencies, in cycles a step.
    noise : float
        Standard deviation around the wave.

    Examples
    --------
    >>> data = sine(np.random.default_rng(0), noise=0)
    >>> bool((data.train.inputs[:, 1:] == data.train.targets[:, :-1]).all())
    True
    >>> sine(np.random.default_rng(0), form='continue').task.source
    24
    """
    frequency = rng.uniform(min(lowest, highest), max(lowest, highest), samples)
    phase = rng.random(samples)
    steps = length + (length // 2 if form == 'continue' else 1)
    angles = 2 * np.pi * (frequency[:, None] * np.arange(steps) + phase[:, None])
    clean = np.sin(angles)[..., None]
    noisy = clean + noise * rng.standard_normal(clean.shape)
    if form == 'generate':
        turn = 2 * np.pi * phase
        said = np.stack([frequency * length, np.sin(turn), np.cos(turn)], axis=1)
        return _made(Task((3,), 1, labels=False, steps=length), said, clean[:, :length])
    if form == 'last':
        return _made(Task((length, 1), 1, labels=False), noisy[:, :-1], noisy[:, -1])
    if form == 'shifted':
        task = Task((length, 1), 1, labels=False, steps=length, causal=True)
        return _made(task, noisy[:, :-1], noisy[:, 1:])
    # at each step of the answer the decoder knows the value before it
    told = np.concatenate([noisy[:, :length], noisy[:, length - 1 : -1]], axis=1)
    more = steps - length
    task = Task((steps, 1), 1, labels=False, steps=more, causal=True, source=length)
    return _made(task, told, noisy[:, length:])


def _made(task: Task, inputs: NDArray[Any], targets: NDArray[Any]) -> Dataset:
    return sequences('sine', task, *split(inputs, targets))
