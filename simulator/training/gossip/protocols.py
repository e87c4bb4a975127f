"""The gossip protocols a scenario may choose."""

from __future__ import annotations

from simulator.catalogue import Catalogue
from simulator.training.gossip.choco import Choco, choco_traffic
from simulator.training.gossip.dpsgd import Dpsgd, dpsgd_models, dpsgd_traffic
from simulator.training.gossip.epidemic import Epidemic, epidemic_models, epidemic_traffic
from simulator.training.gossip.pairwise import Pairwise
from simulator.training.gossip.push_sum import PushSum, push_sum_traffic
from simulator.training.gossip.walking import Pull, Push, PushPull, two_models

__all__ = ['PROTOCOLS']

PROTOCOLS = Catalogue(
    'gossip protocol',
    {
        'dpsgd': Dpsgd,
        'pairwise': Pairwise,
        'push_sum': PushSum,
        'epidemic': Epidemic,
        'push': Push,
        'pull': Pull,
        'push_pull': PushPull,
        'choco': Choco,
    },
    # over links that go one way
    directed=dict.fromkeys(('push_sum', 'epidemic', 'push', 'pull'), True),
    # by a function that may be another one than the weighted mean
    mixes=dict.fromkeys(('dpsgd', 'epidemic', 'push', 'pull', 'push_pull'), True),
    # models, a peer's own among them, that the one with the fewest mixes
    models={
        'dpsgd': dpsgd_models,
        'epidemic': epidemic_models,
        **dict.fromkeys(('push', 'pull', 'push_pull'), two_models),
    },
    # messages of a round, and bytes of each, where they are fixed
    traffic={
        'dpsgd': dpsgd_traffic,
        'push_sum': push_sum_traffic,
        'epidemic': epidemic_traffic,
        'choco': choco_traffic,
    },
    # of what is sent
    compresses=dict.fromkeys(('dpsgd', 'epidemic', 'push', 'pull', 'push_pull', 'choco'), True),
)
