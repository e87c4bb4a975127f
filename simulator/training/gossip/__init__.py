"""Training without servers or collectives: peers that mix their models with their neighbours'."""

from simulator.training.gossip.checks import check_gossip, predict_gossip
from simulator.training.gossip.guarantees import promises_of_gossip
from simulator.training.gossip.kind import gossip
from simulator.training.gossip.lying_peers import roles_of_gossip
from simulator.training.gossip.mixing import MIXES
from simulator.training.gossip.overlays import OVERLAYS
from simulator.training.gossip.protocols import PROTOCOLS

__all__ = [
    'MIXES',
    'OVERLAYS',
    'PROTOCOLS',
    'check_gossip',
    'gossip',
    'predict_gossip',
    'promises_of_gossip',
    'roles_of_gossip',
]
