"""Training algorithms: handfuls of node programs, where the maths meets the world."""

from simulator.catalogue import Catalogue
from simulator.training.adversary import Adversary, Liars, Role
from simulator.training.all_reduce import (
    all_reduce,
    check_all_reduce,
    predict_all_reduce,
    promises_of_all_reduce,
    roles_of_all_reduce,
    valid_all_reduce,
)
from simulator.training.clocks import CLOCKS
from simulator.training.collective import collective, predict_collective
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts, Scale
from simulator.training.gossip import (
    check_gossip,
    gossip,
    predict_gossip,
    promises_of_gossip,
    roles_of_gossip,
)
from simulator.training.guanyu import (
    check_guanyu,
    guanyu,
    predict_guanyu,
    promises_of_guanyu,
    roles_of_guanyu,
)
from simulator.training.model_parallel.kind import (
    model_parallel,
    shards_of_model_parallel,
)
from simulator.training.parameter_server import (
    check_parameter_server,
    parameter_server,
    predict_parameter_server,
    promises_of_parameter_server,
    roles_of_parameter_server,
)
from simulator.training.pipeline.kind import (
    check_pipeline,
    pipeline,
    predict_pipeline,
    shards_of_pipeline,
)
from simulator.training.placement import placement, predict_placement
from simulator.training.resilience import (
    check_resilience,
    predict_resilience,
    promises_of_resilience,
    resilience,
)
from simulator.training.scoreboard import Every, Scoreboard, Stop
from simulator.training.tensor_parallel.kind import (
    check_tensor_parallel,
    predict_tensor_parallel,
    shards_of_tensor_parallel,
    tensor_parallel,
)

__all__ = [
    'BLOCKWISE',
    'CLOCKS',
    'KINDS',
    'STUDIES',
    'TIMELESS',
    'Adversary',
    'Every',
    'Experiment',
    'Facts',
    'Liars',
    'Role',
    'Scale',
    'Scoreboard',
    'Stop',
]

KINDS = Catalogue(
    'training kind',
    {
        'parameter_server': parameter_server,
        'all_reduce': all_reduce,
        'gossip': gossip,
        'guanyu': guanyu,
        'pipeline': pipeline,
        'tensor_parallel': tensor_parallel,
        'model_parallel': model_parallel,
        'collective': collective,
        'placement': placement,
        'resilience': resilience,
    },
    check={
        'parameter_server': check_parameter_server,
        'all_reduce': check_all_reduce,
        'gossip': check_gossip,
        'guanyu': check_guanyu,
        'pipeline': check_pipeline,
        'tensor_parallel': check_tensor_parallel,
        'resilience': check_resilience,
    },
    valid={'all_reduce': valid_all_reduce},
    promises={
        'parameter_server': promises_of_parameter_server,
        'resilience': promises_of_resilience,
        'all_reduce': promises_of_all_reduce,
        'gossip': promises_of_gossip,
        'guanyu': promises_of_guanyu,
    },
    roles={
        'parameter_server': roles_of_parameter_server,
        'all_reduce': roles_of_all_reduce,
        'gossip': roles_of_gossip,
        'guanyu': roles_of_guanyu,
    },
    shards={
        'pipeline': shards_of_pipeline,
        'tensor_parallel': shards_of_tensor_parallel,
        'model_parallel': shards_of_model_parallel,
    },
    predict={
        'parameter_server': predict_parameter_server,
        'all_reduce': predict_all_reduce,
        'gossip': predict_gossip,
        'guanyu': predict_guanyu,
        'pipeline': predict_pipeline,
        'tensor_parallel': predict_tensor_parallel,
        'collective': predict_collective,
        'placement': predict_placement,
        'resilience': predict_resilience,
    },
)

STUDIES = frozenset({'collective', 'placement'})
"""Kinds that need no `learning` section."""

TIMELESS = frozenset({'resilience'})
"""Kinds that look at vectors alone: of the cluster they need the number of workers."""

BLOCKWISE = frozenset({'tensor_parallel'})
"""Kinds whose devices hold blocks of weights: none knows how long a whole gradient or row is."""
