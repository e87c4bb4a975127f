"""Where the catalogues meet: every kind of thing a scenario may choose, by the name of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.catalogue import Catalogue
from simulator.cluster.faults import FAULTS
from simulator.cluster.laws import LAWS
from simulator.cluster.stragglers import STRAGGLERS
from simulator.compression import COMPRESSORS
from simulator.learning import DATA, OPTIMIZERS, PARTITIONS, SCHEDULES
from simulator.learning.profiles import PROFILES
from simulator.robust.aggregation import RULES
from simulator.robust.attacks import ATTACKS
from simulator.training import CLOCKS, KINDS
from simulator.training.algorithms import ALGORITHMS, ALL_REDUCES
from simulator.training.gossip import MIXES, OVERLAYS, PROTOCOLS
from simulator.training.model_parallel.catalogues import (
    MODEL_KINDS,
    OPERATION_GRAPHS,
    PLACEMENT_KINDS,
    SCHEDULER_KINDS,
)
from topologies import TOPOLOGIES

__all__ = [
    'CATALOGUES',
    'DATA_SETS',
    'GRAPHS',
    'MODEL_KINDS',
    'OPTIMIZER_KINDS',
    'PARTITION_KINDS',
    'PROFILE_KINDS',
    'SCHEDULE_KINDS',
]

GRAPHS = Catalogue('topology', TOPOLOGIES)
DATA_SETS = Catalogue('data set', DATA)
PARTITION_KINDS = Catalogue('partition', PARTITIONS)
OPTIMIZER_KINDS = Catalogue('optimizer', OPTIMIZERS)
SCHEDULE_KINDS = Catalogue('rate schedule', SCHEDULES)
PROFILE_KINDS = Catalogue('profile', PROFILES)

CATALOGUES: Mapping[str, Catalogue] = {
    'topologies': GRAPHS,
    'laws': Catalogue('law', LAWS),
    'stragglers': STRAGGLERS,
    'faults': FAULTS,
    'data': DATA_SETS,
    'partitions': PARTITION_KINDS,
    'models': MODEL_KINDS,
    'optimizers': OPTIMIZER_KINDS,
    'schedules': SCHEDULE_KINDS,
    'profiles': PROFILE_KINDS,
    'training': KINDS,
    'clocks': CLOCKS,
    'collectives': ALGORITHMS,
    'all_reduces': ALL_REDUCES,
    'compressors': COMPRESSORS,
    'aggregation': RULES,
    'attacks': ATTACKS,
    'protocols': PROTOCOLS,
    'overlays': OVERLAYS,
    'mixes': MIXES,
    'operation_graphs': OPERATION_GRAPHS,
    'placements': PLACEMENT_KINDS,
    'schedulers': SCHEDULER_KINDS,
}
"""What `bosphorus list` shows and what plug-ins may add to."""
