"""Collectives as data: a schedule of transfers, built once, then verified, counted, applied, timed.

`COLLECTIVES` names the builders, `POSTCONDITIONS` what each promises where it is not an
all-reduce, `PREDICTIONS` the closed form beside each.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.collectives.applied import Corrupt, Reduction, apply
from simulator.collectives.central import master_worker
from simulator.collectives.counted import Traffic, link_traffic, pair_traffic, traffic
from simulator.collectives.predict import Prediction, predict_master_worker, predict_ring
from simulator.collectives.ranks import Order, Ranks
from simulator.collectives.rings import ring
from simulator.collectives.schedule import Schedule, Steps, Transfers, chunk_sizes, stream
from simulator.collectives.verified import Postcondition, verify

__all__ = [
    'COLLECTIVES',
    'POSTCONDITIONS',
    'PREDICTIONS',
    'Corrupt',
    'Order',
    'Postcondition',
    'Prediction',
    'Ranks',
    'Reduction',
    'Schedule',
    'Steps',
    'Traffic',
    'Transfers',
    'apply',
    'chunk_sizes',
    'link_traffic',
    'master_worker',
    'pair_traffic',
    'ring',
    'stream',
    'traffic',
    'verify',
]

COLLECTIVES: dict[str, Callable[..., Schedule]] = {
    'ring': ring,
    'master_worker': master_worker,
}

PREDICTIONS: dict[str, Callable[..., Prediction]] = {
    'ring': predict_ring,
    'master_worker': predict_master_worker,
}

# what is not named here is an all-reduce
POSTCONDITIONS: dict[str, Postcondition] = {}
