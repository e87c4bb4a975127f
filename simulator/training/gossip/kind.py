"""The training kind: its options, what must fit together, what closed forms say of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from annotated_types import Ge

from simulator.catalogue import Choice
from simulator.errors import BosphorusError
from simulator.seeds import Seeds
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts, nodes_with
from simulator.training.gossip.mixing import MIXES
from simulator.training.gossip.neighbours import (
    Everyone,
    Neighbourhood,
    Neighbourhoods,
    laid_over,
    linked,
)
from simulator.training.gossip.overlays import OVERLAYS
from simulator.training.gossip.protocols import PROTOCOLS
from simulator.training.gossip.swarm import Settings, Swarm
from simulator.training.local import Growth, LocalSteps, Steps

__all__ = ['check_gossip', 'gossip', 'predict_gossip']

MOST_FOR_GAP = 2000  # peers: eigenvalues of a dense matrix take the cube of that


def gossip(
    experiment: Experiment,
    *,
    protocol: Annotated[Choice, PROTOCOLS] = PROTOCOLS.choice('dpsgd'),
    aggregation: Annotated[Choice, MIXES] = MIXES.choice('weighted'),
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
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
    swarm = Swarm(experiment, Settings(near, steps, aggregation, start == 'own', measured_peers))
    figures = swarm.run(protocol(swarm))
    return {**figures, **_gap(near.of(1), protocol)}


def check_gossip(
    facts: Facts,
    *,
    protocol: Choice = PROTOCOLS.choice('dpsgd'),
    aggregation: Choice = MIXES.choice('weighted'),
    overlay: Choice | None = None,
    redraw_every: int | None = None,
    **_: Any,
) -> Iterator[str]:
    """Say what does not fit together."""
    if aggregation.name != 'weighted' and not protocol.beside('mixes'):
        yield f'{protocol.name} adds up what it receives; it takes no other aggregation'
    if redraw_every is not None and overlay is None:
        yield 'redraw_every needs an overlay to draw again'
    if overlay is None:
        if facts.graph is not None and not _first(facts, overlay).connected:
            yield 'the workers are not all joined, servers forward nothing; give an overlay'
        return
    if overlay.beside('directed') and not protocol.beside('directed'):
        yield f"{protocol.name} needs links both ways; overlay {overlay.name}'s go one way"
    if overlay.options.get('one_peer') and redraw_every is None:
        yield 'overlay exponential: one_peer needs redraw_every, such as 1'
    try:
        _first(facts, overlay)
    except BosphorusError as error:
        yield f'overlay {error}'


def predict_gossip(
    facts: Facts,
    *,
    protocol: Choice = PROTOCOLS.choice('dpsgd'),
    overlay: Choice | None = None,
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length, where a round has a fixed number of messages.

    Examples
    --------
    >>> facts = Facts(workers=4, parameters=10, rounds=3)
    >>> predict_gossip(facts, overlay=OVERLAYS.choice('ring'))
    {'bytes': 960.0, 'messages': 24.0}
    """
    if facts.rounds is None or facts.parameters is None:
        return {}
    traffic = protocol.beside('traffic')
    if traffic is None or (overlay is not None and not overlay.beside('counted')):
        return {}
    messages, elements = traffic(_first(facts, overlay), facts.parameters, **protocol.options)
    return {
        'bytes': facts.rounds * messages * elements * ELEMENT * facts.scale.bytes,
        'messages': float(facts.rounds * messages),
    }


def _first(facts: Facts, overlay: Choice | None) -> Neighbourhood:
    """Return a neighbourhood like that of the first round; a random one is another drawing."""
    if overlay is not None:
        return laid_over(overlay, facts.workers, Seeds(0), 0)
    if facts.graph is None:
        return Everyone(facts.workers)
    return linked(facts.graph, nodes_with(facts.graph, 'worker'))


def _gap(near: Neighbourhood, protocol: Choice) -> dict[str, float]:
    """Return the spectral gap of the graph, by the protocol's weights where it has some."""
    if near.directed or near.count > MOST_FOR_GAP:
        return {}
    return {'spectral_gap': near.gap(protocol.options.get('weights', 'metropolis'))}
