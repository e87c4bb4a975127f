"""What a scenario may choose where graphs of operations are placed.

A placement that learns stands here beside those of `simulator.placement`, which know no learning:
it is called as they are, ``place(problem, rng, **options)``, and asks ``problem.simulated`` for the
seconds of an execution.
"""

from __future__ import annotations

from simulator.catalogue import Catalogue
from simulator.placement import GRAPHS, PLACEMENTS, SCHEDULERS, exhaustive
from simulator.training.model_parallel.learned import learned, random_search
from simulator.training.model_parallel.models import MODEL_KINDS, model

__all__ = ['MODEL_KINDS', 'OPERATION_GRAPHS', 'PLACEMENT_KINDS', 'SCHEDULER_KINDS']

OPERATION_GRAPHS = Catalogue('operation graph', {**GRAPHS, 'model': model})

PLACEMENT_KINDS = Catalogue(
    'placement',
    {
        **PLACEMENTS,
        'exhaustive': exhaustive,
        'learned': learned,
        'random_search': random_search,
    },
)

SCHEDULER_KINDS = Catalogue('scheduler', SCHEDULERS)
