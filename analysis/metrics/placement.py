"""Executions of placed graphs: how long they took, and what made the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from analysis.load import Run

__all__ = ['chain', 'graph_of', 'is_placement', 'least_seconds', 'placed']


def is_placement(run: Run) -> bool:
    """Whether a run executes a placed graph, without learning."""
    training = run.scenario.get('training')
    return isinstance(training, Mapping) and 'placement' in training


def placed(run: Run, key: str) -> float:
    """Return a figure of the study, such as `makespan`; NaN where there is none."""
    figures = run.summary.get('placement')
    value = figures.get(key) if isinstance(figures, Mapping) else None
    return float('nan') if value is None else float(value)


def least_seconds(run: Run) -> float:
    """Return what no placement can be faster than, s; NaN where it was not computed."""
    predicted = run.summary.get('predicted')
    value = predicted.get('least_seconds') if isinstance(predicted, Mapping) else None
    return float('nan') if value is None else float(value)


def graph_of(run: Run) -> Any:
    """Return the graph as the scenario names it."""
    return run.scenario['training']['placement'].get('graph')


def chain(run: Run) -> pd.DataFrame:
    """Return the links that made the time of the first execution, in order.

    Returns
    -------
    DataFrame
        Columns `kind` (compute, transfer), `operation`, `source`, `target`, `waited_for`,
        `start` and `end`, in seconds.
    """
    links = run.table('critical', where=pc.field('step') == 1)
    links = links.astype({'kind': str, 'operation': str, 'waited_for': str})
    links['start'], links['end'] = links.pop('start_ns') / 1e9, links.pop('end_ns') / 1e9
    return links
