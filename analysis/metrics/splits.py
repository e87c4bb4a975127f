"""Runs whose model is split over devices: what a device holds, how long it stands still."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.load import Run

__all__ = ['bubble_share', 'least_bubble_share', 'peak_memory']

_KINDS = ('pipeline', 'tensor_parallel', 'placement')


def peak_memory(run: Run) -> float:
    """Return the most that a device held at once, byte; NaN where nothing was split."""
    for kind in _KINDS:
        figures = run.summary.get(kind)
        if isinstance(figures, Mapping) and figures.get('peak_memory') is not None:
            return float(figures['peak_memory'])
    return float('nan')


def bubble_share(run: Run) -> float:
    """Return the share of a step in which devices of a pipeline stood still; NaN without one."""
    return _figure(run, 'measured')


def least_bubble_share(run: Run) -> float:
    """Return that share with equal stages and free links, (p - 1) / (m + p - 1)."""
    return _figure(run, 'predicted')


def _figure(run: Run, kind: str) -> float:
    figures = run.summary.get(kind)
    value = figures.get('bubble_share') if isinstance(figures, Mapping) else None
    return float('nan') if value is None else float(value)
