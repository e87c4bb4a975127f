"""The rules that stand alone; `wrappers` adds those that take one of them inside."""

from __future__ import annotations

from simulator.catalogue import Catalogue
from simulator.robust.aggregation.brute import brute
from simulator.robust.aggregation.bulyan import bulyan
from simulator.robust.aggregation.centered_clipping import centered_clipping
from simulator.robust.aggregation.coordinatewise import (
    mean_around_median,
    median,
    sign_majority,
    trimmed_mean,
)
from simulator.robust.aggregation.filters import caf, dnc
from simulator.robust.aggregation.geometric_median import geometric_median
from simulator.robust.aggregation.krum import krum, multi_krum
from simulator.robust.aggregation.mean import mean
from simulator.robust.aggregation.monna import monna

__all__ = ['RULES']

RULES = Catalogue(
    'aggregation rule',
    {
        'mean': mean,
        'median': median,
        'geometric_median': geometric_median,
        'trimmed_mean': trimmed_mean,
        'mean_around_median': mean_around_median,
        'krum': krum,
        'multi_krum': multi_krum,
        'brute': brute,
        'bulyan': bulyan,
        'centered_clipping': centered_clipping,
        'monna': monna,
        'caf': caf,
        'dnc': dnc,
        'sign_majority': sign_majority,
    },
)
