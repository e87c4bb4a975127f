"""Looks into a model: how much of it is dead, and what its gradient is layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from simulator.errors import DataError
from simulator.learning.arrays import DIVERGENCE, Floats
from simulator.learning.data import Dataset
from simulator.learning.learning import Learning
from simulator.learning.models import Model
from simulator.learning.models.ngram import Ngram

Measure = Literal['dead_units', 'gradient_norms', 'grams']

SAMPLES = 256
"""Training samples that a probe looks at."""


class Probe:
    """Measures of a model beside its loss, on some of the training samples, always the same.

    ``dead_units``: the share of hidden units (of a convolution: maps) that say the same whatever
    they see, as a relu unit does that is never above 0; and that of each layer,
    ``dead_units/3-relu``. ``gradient_norms``: the length of each layer's part of the loss's
    gradient, ``gradient_norm/2-dense``, and of all, ``gradient_norm``; without the penalties and
    limits of a regularization. ``grams``, of an n-gram model: how many grams of all lengths it
    has counted, ``grams``; the share of the test samples' longest ones that it has never seen,
    ``unseen_grams``, and that of each length, ``unseen_grams/2-gram``.

    Parameters
    ----------
    learning : Learning
    measures : sequence of str
    rng : Generator
        For the noise that a model takes in training; the same at each look.

    Raises
    ------
    DataError
        If the model has no units that could be dead, or no grams.

    Examples
    --------
    >>> from simulator.learning import digits, iid, mlp
    >>> from simulator.seeds import Seeds
    >>> learning = Learning.draw(digits, iid, mlp, workers=1, seeds=Seeds(7))
    >>> probe = Probe(learning, ['dead_units'], np.random.default_rng(0))
    >>> [name for name, _ in probe(learning.initial)]
    ['dead_units/3-relu', 'dead_units']
    """

    def __init__(self, learning: Learning, measures: Sequence[Measure], rng: np.random.Generator):
        self._learning = learning
        self._measures = measures
        train = learning.data.train
        some = np.unique(np.linspace(0, len(train.inputs) - 1, SAMPLES).astype(int))
        self._inputs, self._targets = train.inputs[some], train.targets[some]
        model = learning.model
        self._noise = rng.random((1, len(some), model.noise), np.float32) if model.noise else None
        if 'dead_units' in measures:
            check_hidden(model, learning.data)
        if 'grams' in measures:
            check_grams(model)

    def __call__(self, parameters: Floats) -> Iterator[tuple[str, float]]:
        """Yield what is asked for of *parameters* (d,), by name."""
        if 'dead_units' in self._measures:
            yield from self._dead(parameters)
        if 'gradient_norms' in self._measures:
            yield from self._norms(parameters)
        if 'grams' in self._measures:
            yield from self._grams(parameters)

    def _dead(self, parameters: Floats) -> Iterator[tuple[str, float]]:
        units = dead = 0
        running = self._learning.statistics()
        for name, signal in self._learning.model.signals(parameters, self._inputs, running):
            rows = signal.reshape(-1, signal.shape[-1])
            constant = rows.max(axis=0) == rows.min(axis=0)
            yield f'dead_units/{name}', float(constant.mean())
            units, dead = units + constant.size, dead + int(constant.sum())
        yield 'dead_units', dead / units

    def _grams(self, parameters: Floats) -> Iterator[tuple[str, float]]:
        model = check_grams(self._learning.model)
        yield 'grams', float((parameters > 0).sum())
        shares = model.unseen(parameters, *self._learning.data.test)
        for layer, share in zip(model.layers, shares, strict=True):
            yield f'unseen_grams/{layer.name}', share
        yield 'unseen_grams', shares[-1]

    @DIVERGENCE
    def _norms(self, parameters: Floats) -> Iterator[tuple[str, float]]:
        model = self._learning.model
        found = model.losses_and_gradients(
            parameters[None], self._inputs[None], self._targets[None], self._noise
        )
        gradient = found.gradients[0].astype(np.float64)
        for layer in model.layers:
            if layer.arrays:
                yield f'gradient_norm/{layer.name}', float(np.linalg.norm(gradient[layer.place]))
        yield 'gradient_norm', float(np.linalg.norm(gradient))


def check_grams(model: Model) -> Ngram:
    """Return *model* if it counts grams.

    Raises
    ------
    DataError
        If it does not.
    """
    if not isinstance(model, Ngram):
        raise DataError('grams: this model counts none; take ngram.')
    return model


def check_hidden(model: Model, data: Dataset) -> None:
    """Refuse a model without hidden units.

    Raises
    ------
    DataError
        Saying so.
    """
    start = np.zeros(model.dimension, np.float32)
    if not any(model.signals(start, data.train.inputs[:1])):
        raise DataError('dead_units: this model has no hidden units; take mlp or cnn.')
