"""Who was in whose quorum, and how far a lie has spread: pictures of cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from analysis.figures.marks import mark
from analysis.figures.style import MUTED, USE_COLOURS
from analysis.metrics.quorums import Membership, Spread
from analysis.text import share

__all__ = ['cells_size', 'lie_picture', 'quorum_picture']

_SIDE = 15.0  # points of a cell, at most
_LABELS = 24  # that can be read along an axis
SOUND = 1e-3
"""Errors up to this share come from rounding."""


def quorum_picture(ax: Axes, found: Membership) -> Axes:
    """Draw in what share of a receiver's quorums each sender was: the darker, the oftener.

    Parameters
    ----------
    ax : Axes
    found : Membership
        Receivers are rows, senders columns.
    """
    for row, receiver in enumerate(found.nodes):
        for column, sender in enumerate(found.nodes):
            value = found.shares[row, column]
            if not np.isnan(value):
                tip = f'node {sender} in {share(value)} of the quorums of node {receiver}'
                _cell(ax, row, column, _level(value), tip)
    names = [_named(node, lies) for node, lies in zip(found.nodes, found.byzantine, strict=True)]
    return _framed(ax, names, names, 'whose messages', 'who waited')


def lie_picture(ax: Axes, found: Spread) -> Axes:
    """Draw how wrong each rank was about each piece of the vector: the darker, the wronger.

    Parameters
    ----------
    ax : Axes
    found : Spread
        Ranks are rows, pieces columns.
    """
    for row, device in enumerate(found.devices):
        for column, error in enumerate(found.errors[row]):
            wrong = 0.0 if error <= SOUND else (3 + np.log10(min(error, 1e3))) / 6
            tip = f'rank on node {device}, piece {column}: wrong by {share(min(error, 1e3))}'
            _cell(ax, row, column, _level(wrong), tip)
    names = [_named(node, lies) for node, lies in zip(found.devices, found.byzantine, strict=True)]
    pieces = [str(piece) for piece in range(found.errors.shape[1])]
    return _framed(ax, names, pieces, 'piece of the vector', 'rank')


def cells_size(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the size, in points, of a picture with a cell for each of *values*."""
    rows, columns = values.shape
    return max(200.0, 56.0 + _SIDE * columns), max(150.0, 48.0 + _SIDE * rows)


def _level(value: float) -> int:
    return min(int(value * len(USE_COLOURS)), len(USE_COLOURS) - 1)


def _cell(ax: Axes, row: int, column: int, level: int, tip: str) -> None:
    box = Rectangle((column - 0.45, row - 0.45), 0.9, 0.9, color=USE_COLOURS[level], linewidth=0)
    ax.add_patch(mark(box, tip=tip))


def _named(node: int, lies: bool) -> str:
    return f'{node}*' if lies else str(node)


def _framed(ax: Axes, rows: Sequence[str], columns: Sequence[str], below: str, beside: str) -> Axes:
    for axis, names, label in ((ax.xaxis, columns, below), (ax.yaxis, rows, beside)):
        every = -(-len(names) // _LABELS)
        shown = [k for k, name in enumerate(names) if k % every == 0 or name.endswith('*')]
        axis.set_ticks(shown, [names[k] for k in shown])
        axis.set_label_text(label)
    ax.set_xlim(-0.6, len(columns) - 0.4)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(length=0, labelsize=7.5, labelcolor=MUTED)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax
