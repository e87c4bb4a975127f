"""How long messages took: the route's own latency, their bytes, and what contention added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.load import Run
from analysis.metrics.memory import once
from analysis.metrics.routes import promises, routes

__all__ = ['PARTS', 'Distribution', 'latency']

PARTS: Final[dict[str, str]] = {
    'total': 'from sending to delivery',
    'queueing': 'waiting for links, or sharing them',
    'serialization': 'bytes over the narrowest link of the route',
    'flight': 'latencies of the links of the route',
}
"""The parts of a message's latency; total = queueing + serialization + flight.

Serialization and flight are what an idle network would take, so queueing is what the company of
other messages costs, whether they wait in line (`fifo`) or share (`fair`); jitter counts to it.
"""

_ROUNDING = 2  # ns: instants of a trace are whole

_FINENESS = 64  # bins an octave: values within 1.1 % are merged
_BINS = 64 * _FINENESS


@dataclass(frozen=True, eq=False)
class Distribution:
    """How often which duration was seen, in logarithmic bins.

    A hundred million messages take no more room than ten. Each bin knows its mean, so
    durations less than 1.1 % apart are merged, and others are exact.

    Attributes
    ----------
    counts : array, shape (bins,)
        How many durations fell into each bin.
    sums : array, shape (bins,)
        Sum of the durations in each bin, s.
    zeros : int
        How many took no time at all.
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    zeros: int

    @classmethod
    def empty(cls) -> Distribution:
        """Return a distribution of nothing."""
        return cls(np.zeros(_BINS, np.int64), np.zeros(_BINS), 0)

    @classmethod
    def of(cls, nanoseconds: NDArray[np.int64]) -> Distribution:
        """Return the distribution of durations given in nanoseconds."""
        some = nanoseconds[nanoseconds > 0]
        bins = np.floor(np.log2(some) * _FINENESS).astype(np.int64)
        counts = np.bincount(bins, minlength=_BINS)
        sums = np.bincount(bins, weights=some, minlength=_BINS) / 1e9
        return cls(counts, sums, len(nanoseconds) - len(some))

    def __add__(self, other: Distribution) -> Distribution:
        return Distribution(
            self.counts + other.counts, self.sums + other.sums, self.zeros + other.zeros
        )

    @property
    def size(self) -> int:
        """How many durations there are."""
        return self.zeros + int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Mean duration, s."""
        return float(self.sums.sum()) / self.size if self.size else float('nan')

    def quantile(self, share: float) -> float:
        """Return the duration, s, that *share* of all stay at or below."""
        rank = share * self.size
        if not self.size:
            return float('nan')
        if rank <= self.zeros:
            return 0.0
        at = int(np.searchsorted(self.zeros + self.counts.cumsum(), rank))
        return float(self.sums[at] / self.counts[at])

    def steps(self, most: int = 300) -> pd.DataFrame:
        """Return the empirical distribution function as at most *most* steps.

        Returns
        -------
        DataFrame
            Columns `seconds` (> 0) and `share` of all durations at or below it.
        """
        used = np.flatnonzero(self.counts)
        share = (self.zeros + self.counts.cumsum()[used]) / max(1, self.size)
        if len(used) > most:
            # evenly in share, so that steep parts keep their shape
            wanted = np.linspace(share[0], share[-1], most)
            keep = np.unique(np.searchsorted(share, wanted).clip(max=len(used) - 1))
            used, share = used[keep], share[keep]
        return pd.DataFrame({'seconds': self.sums[used] / self.counts[used], 'share': share})


def latency(runs: Iterable[Run]) -> dict[str, Distribution]:
    """Return the distributions of the latency of all delivered messages of *runs*, by part.

    Returns
    -------
    dict of str to Distribution
        By key of `PARTS`. Runs that recorded no messages add nothing.
    """
    found = {part: Distribution.empty() for part in PARTS}
    for run in runs:
        own = _latency(run)
        found = {part: found[part] + own[part] for part in PARTS}
    return found


@once
def _latency(run: Run) -> dict[str, Distribution]:
    found = {part: Distribution.empty() for part in PARTS}
    columns = ['source', 'target', 'bytes', 'sent_ns', 'delivered_ns']
    for messages in run.batches('messages', columns):
        parts = _split(messages[messages['delivered_ns'] >= 0], routes(run))
        found = {part: found[part] + Distribution.of(parts[part]) for part in PARTS}
    return found


def _split(arrived: pd.DataFrame, known: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the parts of the latency of each message, whole ns."""
    ends = (arrived[name].to_numpy().astype(np.int64) for name in ('source', 'target'))
    flight, rate = promises(known, *ends)
    total = (arrived['delivered_ns'] - arrived['sent_ns']).to_numpy()
    # where the links are not known all the way counts as queueing
    least = np.nan_to_num(flight)
    bytes_ = np.minimum(np.nan_to_num(arrived['bytes'].to_numpy() / rate), total - least)
    queueing = np.round(total - least - bytes_).astype(np.int64)
    return {
        'total': total,
        'queueing': np.where(queueing <= _ROUNDING, 0, queueing),
        'serialization': np.round(bytes_).clip(min=0).astype(np.int64),
        'flight': np.round(least).astype(np.int64),
    }
