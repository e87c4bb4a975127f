"""How nodes stand beside each other: how far apart their models are, how good each is alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.learning import frozen
from simulator.learning.arrays import Floats, chunks
from simulator.training.experiment import Experiment

__all__ = ['average', 'consensus_distance', 'record_accuracies', 'spread_evenly']


def average(models: Sequence[Floats]) -> Floats:
    """Return the mean of models (d,), summed in float64.

    Examples
    --------
    >>> average([np.array([1, 2], np.float32), np.array([3, 2], np.float32)])
    array([2., 2.], dtype=float32)
    """
    total = np.zeros(models[0].shape)
    for part in chunks(len(models), models[0].nbytes):  # never a copy of them all
        total += np.sum(models[part], axis=0, dtype=np.float64)
    return frozen(np.asarray(total / len(models), models[0].dtype))


def consensus_distance(models: Sequence[Floats], centre: Floats) -> float:
    """Return the mean distance (L2) of models (d,) to *centre*, as a rule their average.

    Examples
    --------
    >>> models = [np.array([3.0, 4.0]), np.array([-3.0, -4.0])]
    >>> consensus_distance(models, average(models))
    5.0
    """
    total = 0.0
    for part in chunks(len(models), models[0].nbytes):
        apart = np.asarray(models[part]) - centre
        total += float(np.sqrt(np.einsum('nd,nd->n', apart, apart, dtype=np.float64)).sum())
    return total / len(models)


def record_accuracies(
    experiment: Experiment,
    devices: Sequence[int],
    models: Sequence[Floats],
    workers: Sequence[int] | None = None,
) -> list[float]:
    """Record the test accuracy of the model (d,) of each of some devices; return them.

    Parameters
    ----------
    experiment : Experiment
    devices : sequence of int
        Whose `test_accuracy` it is, in the metrics.
    models : sequence of array
        One a device; they are evaluated in one batch.
    workers : sequence of int, optional
        Their numbers, where they are workers: running statistics are their own then.
    """
    if not models:
        return []
    evaluation = experiment.learning.evaluate(np.stack(models), workers)
    accuracies: list[float] = evaluation.accuracy.tolist()
    for device, accuracy in zip(devices, accuracies, strict=True):
        if accuracy == accuracy:
            experiment.scoreboard.metric('test_accuracy', accuracy, device=device)
    return accuracies


def spread_evenly(count: int, most: int) -> list[int]:
    """Return at most so many of 0..count-1, evenly spread and always the same.

    Examples
    --------
    >>> spread_evenly(100, 4), spread_evenly(3, 10), spread_evenly(3, 0)
    ([0, 25, 50, 75], [0, 1, 2], [])
    """
    if most >= count:
        return list(range(count))
    return [number * count // most for number in range(most)]
