"""What a scenario may choose where graphs of operations are placed."""

from __future__ import annotations

from simulator.catalogue import Catalogue
from simulator.placement import GRAPHS, PLACEMENTS, SCHEDULERS
from simulator.training.model_parallel.models import MODEL_KINDS, model

__all__ = ['MODEL_KINDS', 'OPERATION_GRAPHS', 'PLACEMENT_KINDS', 'SCHEDULER_KINDS']

OPERATION_GRAPHS = Catalogue('operation graph', {**GRAPHS, 'model': model})

PLACEMENT_KINDS = Catalogue('placement', PLACEMENTS)

SCHEDULER_KINDS = Catalogue('scheduler', SCHEDULERS)
