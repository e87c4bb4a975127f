"""What more workers gain: speed-up and efficiency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from analysis.groups import Group
from analysis.load import Run
from analysis.metrics.activity import activity_seconds, hosts
from analysis.metrics.curves import simulated_seconds
from analysis.metrics.memory import once
from analysis.statistics import estimate, paired_ratio

__all__ = ['samples_per_second', 'scaling', 'workers']

_SERVING: Final = ('', 'server')


@once
def workers(run: Run) -> int:
    """Return how many hosts take part and do not serve."""
    roles = hosts(run)['role']
    known = int((~roles.isin(_SERVING)).sum())
    return known or int((activity_seconds(run)['compute'] > 0).sum())


def samples_per_second(run: Run) -> float:
    """Return the epochs a second: how fast training samples are used, in training sets.

    The time to use a sample says what the cluster gains from more workers, whatever the
    algorithm learns from a sample; a time to the target says both at once.
    """
    epochs, seconds = run.summary.get('epochs'), simulated_seconds(run)
    return float(epochs) / seconds if epochs and seconds else float('nan')


def scaling(groups: Sequence[Group], seconds: Callable[[Run], float]) -> pd.DataFrame:
    """Return speed-up and efficiency of *groups* that differ in their workers.

    Parameters
    ----------
    groups : sequence of Group
        Of one algorithm.
    seconds : callable
        The time that counts, such as that to the target.

    Returns
    -------
    DataFrame
        By rising number of workers: `workers`, `seconds` (mean over seeds), `speed_up` against
        the fewest workers (geometric mean of the ratios of each seed), and `efficiency` =
        speed_up x fewest / workers.

    References
    ----------
    .. [1] Eager, Zahorjan & Lazowska, "Speedup versus efficiency in parallel systems", IEEE
       Transactions on Computers 38, 1989.
    """
    ordered = sorted(groups, key=lambda g: workers(g.first))
    base, least = ordered[0].by_seed(seconds), workers(ordered[0].first)
    rows = []
    for g in ordered:
        own, count = g.by_seed(seconds), workers(g.first)
        gain = paired_ratio(base, own).value if len(own) else np.nan
        rows.append((count, estimate(list(own.values())).mean, gain, gain * least / count))
    return pd.DataFrame(rows, columns=['workers', 'seconds', 'speed_up', 'efficiency'])
