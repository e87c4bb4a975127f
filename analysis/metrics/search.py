"""Placements that search by trying: what they had found by how many executions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.load import Run
from analysis.metrics.curves import curve
from analysis.metrics.memory import once

__all__ = ['best_after', 'budget', 'first_tries', 'last_tries', 'method_of', 'search']

FIGURES = ['best_seconds', 'trial_seconds']

LAST = 10  # of the means that it told, at the end


@once
def search(run: Run) -> pd.DataFrame:
    """Return what a placement that searches told, as far as it tells anything.

    Returns
    -------
    DataFrame
        Columns `executions` (so far), `best_seconds` (of the best placement met), `trial_seconds`
        (mean of those tried since it last told); no rows where the placement does not search.
    """
    records = curve(run)
    if not set(FIGURES) <= set(records.columns):
        return pd.DataFrame(columns=['executions', *FIGURES], dtype=float)
    told = records[['rounds', *FIGURES]].dropna().rename(columns={'rounds': 'executions'})
    return told.astype(float).sort_values('executions', ignore_index=True)


def budget(run: Run) -> float:
    """Return how many executions a search has used; NaN where there was none."""
    told = search(run)['executions']
    return float(told.iloc[-1]) if len(told) else np.nan


def best_after(run: Run, executions: float) -> float:
    """Return the makespan of the best placement met in so many executions, s."""
    told = search(run)
    known = told['best_seconds'][told['executions'] <= executions]
    return float(known.iloc[-1]) if len(known) else np.nan


def first_tries(run: Run) -> float:
    """Return the mean makespan of what was tried first, before anything was learned, s."""
    tried = search(run)['trial_seconds']
    return float(tried.iloc[0]) if len(tried) else np.nan


def last_tries(run: Run) -> float:
    """Return the mean makespan of what was tried last, s."""
    tried = search(run)['trial_seconds']
    return float(tried.iloc[-LAST:].mean()) if len(tried) else np.nan


def method_of(run: Run) -> str:
    """Return the name of the placement, such as `learned`; '' where there is none."""
    training = run.scenario.get('training')
    section = training.get('placement') if isinstance(training, Mapping) else None
    method = section.get('method') if isinstance(section, Mapping) else None
    return next(iter(method), '') if isinstance(method, Mapping) else str(method or '')
