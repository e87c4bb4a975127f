"""What a data set asks of a model."""

from __future__ import annotations

from typing import NamedTuple

from simulator.errors import DataError

NONE = -1
"""In place of a token, one that is not there (padding); in place of a class, no target."""


_ALWAYS = ('inputs', 'outputs', 'labels')


class Task(NamedTuple):
    """What a data set asks of a model: samples of this shape in, that many outputs out.

    Attributes
    ----------
    inputs : tuple of int
        Shape of one sample. A sequence is (steps, features), or (steps,) tokens.
    outputs : int
        How many classes to tell apart, or how many values to predict.
    labels : bool
        Whether targets are classes, or values.
    tokens : int
        Size of the vocabulary where inputs are tokens, whole numbers from 0 on, of which
        sequences that are shorter than others end with `NONE`; 0 where they are features.
    steps : int
        How many targets a sample has, one for each of its last steps (classes are `NONE` where
        there is nothing to predict); 0 for one target a sample.
    causal : bool
        Whether a step's target must be predicted from what stands up to that step: it stands,
        in clear, further on.
    source : int
        How many of the steps are a source, which a decoder answers in the steps after.
    """

    inputs: tuple[int, ...]
    outputs: int
    labels: bool = True
    tokens: int = 0
    steps: int = 0
    causal: bool = False
    source: int = 0

    def __repr__(self) -> str:
        pairs = zip(self._fields, self, strict=True)
        told = [
            f'{name}={value!r}'
            for name, value in pairs
            if name in _ALWAYS or value != self._field_defaults[name]
        ]
        return f'Task({", ".join(told)})'


def check_plain(name: str, task: Task) -> None:
    """Refuse sequences of tokens, and targets a step, for a model that sees no order.

    Raises
    ------
    DataError
        Naming models that do.

    Examples
    --------
    >>> check_plain('mlp', Task((16,), 64, tokens=64, steps=16))
    Traceback (most recent call last):
    simulator.errors.DataError: mlp: samples are sequences of tokens; take rnn, lstm, gru or \
transformer.
    """
    if task.tokens or task.steps:
        what = 'sequences of tokens' if task.tokens else 'answered by sequences'
        raise DataError(f'{name}: samples are {what}; take rnn, lstm, gru or transformer.')
