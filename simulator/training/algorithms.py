"""The collectives a scenario may choose, and those of them that can train a model."""

from __future__ import annotations

from simulator.catalogue import Catalogue
from simulator.collectives import COLLECTIVES, POSTCONDITIONS, PREDICTIONS

__all__ = ['ALGORITHMS', 'ALL_REDUCES']

ALGORITHMS = Catalogue('collective', COLLECTIVES, predict=PREDICTIONS)

ALL_REDUCES = Catalogue(
    'all-reduce',
    {name: build for name, build in COLLECTIVES.items() if name not in POSTCONDITIONS},
    predict=PREDICTIONS,
)
