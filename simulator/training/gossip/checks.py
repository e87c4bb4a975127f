"""What must fit together before peers gossip, and what closed forms say of their traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from simulator.catalogue import Choice
from simulator.compression import CompressionError, Compressor, composed
from simulator.errors import BosphorusError
from simulator.seeds import Seeds
from simulator.training.experiment import ELEMENT
from simulator.training.facts import Facts, nodes_with
from simulator.training.gossip.mixing import MIXES
from simulator.training.gossip.neighbours import Everyone, Neighbourhood, laid_over, linked
from simulator.training.gossip.parcels import shrinking
from simulator.training.gossip.protocols import PROTOCOLS

__all__ = ['check_gossip', 'gap_of', 'predict_gossip']

MOST_FOR_GAP = 1000  # peers: eigenvalues of a dense matrix take the cube of that


def check_gossip(
    facts: Facts,
    *,
    protocol: Choice = PROTOCOLS.choice('dpsgd'),
    aggregation: Choice = MIXES.choice('weighted'),
    compression: Sequence[Choice] = (),
    overlay: Choice | None = None,
    redraw_every: int | None = None,
    **_: Any,
) -> Iterator[str]:
    """Say what does not fit together."""
    yield from _check_compression(facts, protocol, compression)
    if protocol.name == 'choco' and redraw_every is not None:
        yield 'choco has its neighbours remember what they know of each other; no redraw_every'
    if aggregation.name != 'weighted' and not protocol.beside('mixes'):
        yield f'{protocol.name} adds up what it receives; it takes no other aggregation'
    else:
        yield from _check_mix(facts, protocol, aggregation, overlay)
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


def _check_mix(
    facts: Facts, protocol: Choice, aggregation: Choice, overlay: Choice | None
) -> Iterator[str]:
    """Say what the aggregation misses: it is put to the peer that gets the fewest models."""
    problems = aggregation.beside('problems')
    if problems is None or (overlay is None and facts.graph is None):
        return
    try:
        near = _first(facts, overlay)
    except BosphorusError:  # of which is told below
        return
    models = protocol.beside('models')(near, **protocol.options)
    for problem in problems(models, **aggregation.options):
        where = 'meets one model at a time' if models == 2 else 'has peers with few neighbours'
        yield f'{aggregation.name} {problem}; {protocol.name} {where}'


def _check_compression(
    facts: Facts, protocol: Choice, compression: Sequence[Choice]
) -> Iterator[str]:
    """Say which compressors do not fit the protocol."""
    if not compression:
        if protocol.name == 'choco':
            yield 'choco needs compression, such as [{top_k: {share: 0.1}}]'
        return
    names = ', '.join(each.name for each in compression)
    if not protocol.beside('compresses'):
        yield f'{protocol.name} has to send all of its sums, it takes no compression(={names})'
        return
    compressor = composed(compression, shapes=[(1, 1)], workers=facts.workers)
    if compressor.promises.memory and protocol.name == 'choco':
        yield f'choco has a memory of its own of what was left out; {names} has another, remove it'
    elif compressor.promises.memory:
        yield f'{protocol.name} sends models, not increments: {names} must not add up what is left'
    elif protocol.name == 'choco' and _step_is_open(facts, protocol, compressor):
        yield f'choco needs a consensus_step here; {names} promises no least part of a vector'


def _step_is_open(facts: Facts, choco: Choice, compressor: Compressor) -> bool:
    delta = shrinking(compressor, facts.parameters or 1)[1]
    return delta is None and choco.options['consensus_step'] is None


def predict_gossip(
    facts: Facts,
    *,
    protocol: Choice = PROTOCOLS.choice('dpsgd'),
    compression: Sequence[Choice] = (),
    overlay: Choice | None = None,
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length, where a round has a fixed number of messages.

    And the spectral gap: by so much consensus contracts each round without gradients, where all
    mix with all their neighbours. That of a random overlay is another drawing's.

    Examples
    --------
    >>> from simulator.training.gossip.overlays import OVERLAYS
    >>> facts = Facts(workers=4, parameters=10, rounds=3)
    >>> figures = predict_gossip(facts, overlay=OVERLAYS.choice('ring'))
    >>> round(figures['spectral_gap'], 3), figures['bytes'], figures['messages']
    (0.667, 960.0, 24.0)
    """
    if facts.rounds is None or facts.parameters is None:
        return {}
    near, model = _first(facts, overlay), _packed_bytes(facts, compression)
    figures = gap_of(near, protocol)
    traffic = protocol.beside('traffic')
    if traffic is None or model is None or (overlay and not overlay.beside('counted')):
        return figures
    messages, size = traffic(near, model, **protocol.options)
    return figures | {
        'bytes': facts.rounds * messages * size * facts.scale.bytes,
        'messages': float(facts.rounds * messages),
    }


def gap_of(near: Neighbourhood, protocol: Choice) -> dict[str, float]:
    """Return the spectral gap of the graph, by the protocol's weights where it has some."""
    if near.directed or near.count > MOST_FOR_GAP:
        return {}
    return {'spectral_gap': near.gap(protocol.options.get('weights', 'metropolis'))}


def _packed_bytes(facts: Facts, compression: Sequence[Choice]) -> float | None:
    """Return the bytes of a model as it is sent; None where its values or its arrays decide."""
    assert facts.parameters is not None  # noqa: S101 - asked before
    if not compression:
        return ELEMENT * facts.parameters
    try:
        return composed(compression, workers=facts.workers).size(facts.parameters)
    except CompressionError:
        return None


def _first(facts: Facts, overlay: Choice | None) -> Neighbourhood:
    """Return a neighbourhood like that of the first round; a random one is another drawing."""
    if overlay is not None:
        return laid_over(overlay, facts.workers, Seeds(0), 0)
    if facts.graph is None:
        return Everyone(facts.workers)
    return linked(facts.graph, nodes_with(facts.graph, 'worker'))
