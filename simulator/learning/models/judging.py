"""What outputs are worth: one a sample, or one for each of its last steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats
from simulator.learning.models.losses import Loss, Targets, are_labels, hits

Counts = NDArray[Any]


def slopes_of(loss: Loss, outputs: Floats, targets: Targets) -> tuple[Floats, Floats]:
    """Return the mean loss (W,) of each worker, and its derivative by all outputs.

    Steps without a target (`NONE`) count for nothing.

    Parameters
    ----------
    loss : Loss
    outputs : array, shape (W, B, units), or (W, B, S, units) for the last S steps of sequences
    targets : array, shape (W, B), (W, B, units), (W, B, T), or (W, B, T, units)

    Examples
    --------
    >>> from simulator.learning.models.losses import CROSS_ENTROPY
    >>> targets = np.array([[[1, -1]]])  # two steps, the second without a target
    >>> means, slopes = slopes_of(CROSS_ENTROPY, np.zeros((1, 1, 2, 2)), targets)
    >>> means.round(3), (slopes + 0).tolist()
    (array([0.693]), [[[[0.5, -0.5], [0.0, 0.0]]]])
    """
    rows, wanted = _in_rows(outputs, targets)
    wanted, there = _filled(wanted, outputs.ndim)
    values, slopes = loss.slopes(rows, wanted)
    if there is None:
        slopes /= values.shape[1]
        return np.mean(values, axis=1), slopes.reshape(outputs.shape)
    values *= there
    counts = np.maximum(1, there.sum(axis=1)).astype(values.dtype)
    slopes /= counts[:, None, None]
    slopes *= there[..., None]
    return values.sum(axis=1) / counts, slopes.reshape(outputs.shape)


def judged(loss: Loss, outputs: Floats, targets: Targets) -> tuple[Counts, Counts, Counts]:
    """Return the summed loss, the right answers, and how many were asked for, (W,) each."""
    rows, wanted = _in_rows(outputs, targets)
    wanted, there = _filled(wanted, outputs.ndim)
    values, right = loss.values(rows, wanted), hits(rows, wanted)
    if there is None:
        counts = np.full(len(rows), rows.shape[1])
        return values.sum(axis=1, dtype=np.float64), right.sum(axis=1), counts
    losses = np.where(there, values, 0).sum(axis=1, dtype=np.float64)
    return losses, (right * there).sum(axis=1), there.sum(axis=1)


def _in_rows(outputs: Floats, targets: Targets) -> tuple[Floats, Targets]:
    """Return outputs (W, n, units) and their targets, steps laid out among the samples."""
    if outputs.ndim == 3:
        return outputs, targets
    workers, batch, steps, units = outputs.shape
    last = targets[:, :, targets.shape[2] - steps :]
    return (
        outputs.reshape(workers, -1, units),
        last.reshape(workers, batch * steps, *targets.shape[3:]),
    )


def _filled(targets: Targets, axes: int) -> tuple[Targets, NDArray[np.bool_] | None]:
    """Return targets with a class everywhere, and where there really is one; None: everywhere.

    Where there is a target a step, values that are nan are none.
    """
    if are_labels(targets):
        return (np.maximum(targets, 0), targets >= 0) if (targets < 0).any() else (targets, None)
    if axes < 4 or not np.isnan(targets).any():
        return targets, None
    there: NDArray[np.bool_] = ~np.isnan(targets[..., 0])
    return np.where(there[..., None], targets, 0), there
