"""What a data set asks of a model."""

from __future__ import annotations

from typing import NamedTuple


class Task(NamedTuple):
    """What a data set asks of a model: samples of this shape in, that many outputs out.

    Attributes
    ----------
    inputs : tuple of int
        Shape of one sample.
    outputs : int
        How many classes to tell apart, or how many values to predict.
    labels : bool
        Whether targets are classes, or values.
    """

    inputs: tuple[int, ...]
    outputs: int
    labels: bool = True
