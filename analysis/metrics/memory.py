"""Compute once what several figures and sentences ask of the same run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from analysis.load import Run

__all__ = ['once']

T = TypeVar('T')


def once(measure: Callable[[Run], T]) -> Callable[[Run], T]:
    """Keep the result of *measure* with the run; it is shared, so treat it as read-only."""
    name = f'{measure.__module__}.{measure.__qualname__}'

    @wraps(measure)
    def remembered(run: Run) -> T:
        if name not in run.memory:
            run.memory[name] = measure(run)
        result: T = run.memory[name]
        return result

    return remembered
