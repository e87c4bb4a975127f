"""Greedy decoding: a model says what it holds for most likely, and goes on from there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats
from simulator.learning.models import Model
from simulator.learning.task import NONE, Task

__all__ = ['answers', 'continued']

Tokens = NDArray[np.integer[Any]]


def continued(model: Model, parameters: Floats, task: Task, given: Tokens, count: int) -> Tokens:
    """Return *given* tokens (n,) and the *count* that follow, each the likeliest.

    As far back as the model was trained to look, it sees its own tokens.

    Raises
    ------
    DataError
        If the model does not tell next tokens, or nothing is given.

    Examples
    --------
    >>> from simulator.learning import ngram
    >>> task = Task((3,), 4, tokens=4, steps=3, causal=True)
    >>> model = ngram(task, n=2)
    >>> counts = model.counts(np.array([[[0, 1, 2]]]), np.array([[[1, 2, 0]]]))[0]
    >>> continued(model, counts, task, np.array([0]), 4).tolist()
    [0, 1, 2, 0, 1]
    """
    if not (task.tokens and task.causal) or task.source:
        raise DataError('this model does not tell next tokens; take one of text.')
    if not len(given):
        raise DataError('there is nothing to continue; give a token at least.')
    tokens = list(given)
    for _ in range(count):
        seen = tokens[-task.inputs[0] :]
        # what has not come yet is not looked at
        window = np.array(seen + [NONE] * (task.inputs[0] - len(seen)))
        outputs = model.outputs(parameters[None], window[None, None])[0, 0]
        tokens.append(int(outputs[len(seen) - 1].argmax()))
    return np.array(tokens)


def answers(model: Model, parameters: Floats, task: Task, inputs: Tokens) -> Tokens:
    """Return what the model answers to sources, each step told its own answer before.

    Parameters
    ----------
    model : Model
    parameters : array, shape (d,)
    task : Task
        With a source.
    inputs : array of int, shape (N, T)
        Sources, and after them what begins an answer; what follows that is not looked at.

    Returns
    -------
    array of int, shape (N, task.steps)

    Raises
    ------
    DataError
        If there is no source.
    """
    if not (task.tokens and task.source):
        raise DataError('these data have no source to answer; take copy.')
    inputs = inputs.copy()
    for step in range(task.steps):
        said = model.outputs(parameters[None], inputs[None])[0, :, step].argmax(axis=-1)
        if step + 1 < task.steps:
            inputs[:, task.source + step + 1] = said
    found: Tokens = model.outputs(parameters[None], inputs[None])[0].argmax(axis=-1)
    return found
