"""The training kind gossip, and its options."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge

from simulator.catalogue import Choice
from simulator.compression import Compression
from simulator.training.experiment import Experiment
from simulator.training.gossip.checks import gap_of
from simulator.training.gossip.mixing import MIXES
from simulator.training.gossip.neighbours import Neighbourhoods
from simulator.training.gossip.overlays import OVERLAYS
from simulator.training.gossip.protocols import PROTOCOLS
from simulator.training.gossip.swarm import Settings, Swarm
from simulator.training.local import Growth, LocalSteps, Steps
from simulator.training.packing import compressor_of

__all__ = ['gossip']


def gossip(
    experiment: Experiment,
    *,
    protocol: Annotated[Choice, PROTOCOLS] = PROTOCOLS.choice('dpsgd'),
    aggregation: Annotated[Choice, MIXES] = MIXES.choice('weighted'),
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
    compression: Compression = [],  # noqa: B006 - read, never written
    overlay: Annotated[Choice, OVERLAYS] | None = None,
    redraw_every: Annotated[int, Ge(1)] | None = None,
    start: Literal['same', 'own'] = 'same',
    measured_peers: Annotated[int, Ge(0)] = 10,
) -> dict[str, Any]:
    """Let every worker hold a model of its own and mix it with its neighbours'.

    The peers are the workers. Neighbours are those joined by a link or by switches alone: behind
    a switch, all of them; an overlay says otherwise. A message between peers that no link joins
    takes the route through the others.

    The accuracy of the run is that of the average model; `consensus` is the mean distance (L2) of
    the models to it. Peers whose devices are down do not count in either.

    Parameters
    ----------
    protocol : gossip protocol
        Who sends what to whom, and when.
    aggregation : gossip aggregation
        How a peer makes one model of its own and those it has received.
    local_steps : int
        H: steps of a peer between two exchanges.
    local_growth : float
        By what H is multiplied each round.
    compression : list of compressors
        Of what peers send.
    overlay : overlay
        Who is whose neighbour, instead of the links.
    redraw_every : int
        Rounds after which the overlay is drawn again: random ones anew, others with the peers in
        another order. By default never.
    start : {'same', 'own'}
        Whether all peers begin with one model, or each draws its own.
    measured_peers : int
        At each evaluation so many peers, evenly spread, are evaluated one by one.

    References
    ----------
    .. [1] Lian et al., "Can Decentralized Algorithms Outperform Centralized Algorithms? A Case
       Study for Decentralized Parallel Stochastic Gradient Descent", NeurIPS 2017,
       arXiv:1705.09056.
    """
    cluster = experiment.cluster
    near = Neighbourhoods.given(
        cluster.graph, cluster.workers, overlay, redraw_every, cluster.seeds
    )
    steps = LocalSteps(local_steps, local_growth)
    compressor = compressor_of(compression, experiment.learning.model, len(cluster.workers))
    swarm = Swarm(
        experiment, Settings(near, steps, aggregation, compressor, start == 'own', measured_peers)
    )
    figures = swarm.run(protocol(swarm))
    return {**figures, **gap_of(near.of(1), protocol)}
