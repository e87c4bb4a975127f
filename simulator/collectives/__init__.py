"""Collectives as data: a schedule of transfers, built once, then verified, counted, applied, timed.

`COLLECTIVES` names the builders, `POSTCONDITIONS` what each promises where it is not an
all-reduce, `PREDICTIONS` the closed form beside each.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.collectives.applied import Corrupt, Reduction, apply
from simulator.collectives.central import master_worker
from simulator.collectives.counted import PairTraffic, Traffic, link_traffic, pair_traffic, traffic
from simulator.collectives.critical import critical_path
from simulator.collectives.double_tree import double_binary_tree
from simulator.collectives.hierarchy import hierarchical
from simulator.collectives.pieces import Streamed, in_pieces
from simulator.collectives.predict import (
    Prediction,
    predict_all_gather,
    predict_all_to_all,
    predict_butterfly,
    predict_direct,
    predict_halving_doubling,
    predict_master_worker,
    predict_reduce_scatter,
    predict_ring,
    predict_round_robin,
    predict_torus_2d,
)
from simulator.collectives.predict_trees import (
    predict_broadcast,
    predict_double_binary_tree,
    predict_hierarchical,
    predict_reduce,
    predict_tree,
)
from simulator.collectives.ranks import Order, Ranks
from simulator.collectives.recursive import butterfly, halving_doubling
from simulator.collectives.rings import ring
from simulator.collectives.scattered import all_gather, reduce_scatter
from simulator.collectives.schedule import Schedule, Steps, Transfers, chunk_sizes, stream
from simulator.collectives.shifts import all_to_all, direct, round_robin
from simulator.collectives.single_tree import broadcast, reduce, tree
from simulator.collectives.torus import torus_2d
from simulator.collectives.verified import Postcondition, verify

__all__ = [
    'COLLECTIVES',
    'POSTCONDITIONS',
    'PREDICTIONS',
    'Corrupt',
    'Order',
    'PairTraffic',
    'Postcondition',
    'Prediction',
    'Ranks',
    'Reduction',
    'Schedule',
    'Steps',
    'Streamed',
    'Traffic',
    'Transfers',
    'all_gather',
    'all_to_all',
    'apply',
    'broadcast',
    'butterfly',
    'chunk_sizes',
    'critical_path',
    'direct',
    'double_binary_tree',
    'halving_doubling',
    'hierarchical',
    'in_pieces',
    'link_traffic',
    'master_worker',
    'pair_traffic',
    'reduce',
    'reduce_scatter',
    'ring',
    'round_robin',
    'stream',
    'torus_2d',
    'traffic',
    'tree',
    'verify',
]

COLLECTIVES: dict[str, Callable[..., Schedule]] = {
    'all_to_all': all_to_all,
    'master_worker': master_worker,
    'tree': tree,
    'round_robin': round_robin,
    'direct': direct,
    'butterfly': butterfly,
    'halving_doubling': halving_doubling,
    'ring': ring,
    'double_binary_tree': double_binary_tree,
    'hierarchical': hierarchical,
    'torus_2d': torus_2d,
    'reduce': reduce,
    'broadcast': broadcast,
    'reduce_scatter': reduce_scatter,
    'all_gather': all_gather,
}

PREDICTIONS: dict[str, Callable[..., Prediction]] = {
    'all_to_all': predict_all_to_all,
    'master_worker': predict_master_worker,
    'tree': predict_tree,
    'round_robin': predict_round_robin,
    'direct': predict_direct,
    'butterfly': predict_butterfly,
    'halving_doubling': predict_halving_doubling,
    'ring': predict_ring,
    'double_binary_tree': predict_double_binary_tree,
    'hierarchical': predict_hierarchical,
    'torus_2d': predict_torus_2d,
    'reduce': predict_reduce,
    'broadcast': predict_broadcast,
    'reduce_scatter': predict_reduce_scatter,
    'all_gather': predict_all_gather,
}

# what is not named here is an all-reduce
POSTCONDITIONS: dict[str, Postcondition] = {
    'reduce': 'reduce',
    'broadcast': 'broadcast',
    'reduce_scatter': 'reduce_scatter',
    'all_gather': 'all_gather',
}
