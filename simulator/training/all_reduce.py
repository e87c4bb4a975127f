"""Data-parallel training without servers: ranks all-reduce their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from annotated_types import Gt

from simulator.catalogue import Choice
from simulator.collectives import chunk_sizes, traffic
from simulator.compression import Compression, all_send_their_own, composed
from simulator.robust.aggregation import RULES, problems, promised
from simulator.training.adversary import Role
from simulator.training.algorithms import ALL_REDUCES
from simulator.training.buckets import Buckets, pieces_of
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts
from simulator.training.group import Way
from simulator.training.local import Growth, LocalSteps, Steps
from simulator.training.packing import compressor_of
from simulator.training.rank_programs import RankPrograms
from simulator.training.ranks import ranks_of
from simulator.training.reductions import can_merge
from simulator.training.shards import cut
from simulator.units import Seconds

__all__ = [
    'all_reduce',
    'check_all_reduce',
    'predict_all_reduce',
    'promises_of_all_reduce',
    'roles_of_all_reduce',
    'valid_all_reduce',
]


def all_reduce(
    experiment: Experiment,
    *,
    algorithm: Annotated[Choice, ALL_REDUCES] = ALL_REDUCES.choice('ring'),
    aggregation: Annotated[Choice, RULES] = RULES.choice('mean'),
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
    buckets: Buckets = 1,
    compression: Compression = [],  # noqa: B006 - read, never written
    exchange: Literal['gather', 'merge'] = 'gather',
    timeout: Annotated[Seconds, Gt(0)] | None = None,
) -> dict[str, float]:
    """Let every worker hold the model: gradients are all-reduced, each applies their mean.

    With local steps, each rank takes several steps of the optimizer by itself, and what is
    all-reduced is the way gone, so that the models are averaged.

    Everybody takes part in every round, as a schedule names all ranks beforehand; who wants to go
    on without the slowest takes a parameter server with the clock `backup`, or gossip.

    Churn. A crash breaks the collectives under way, so the group begins its round anew: when the
    rank is back and has got the model from another, or, with a timeout, without it. Who comes
    back later is sent the model and takes part from the next round on. What compressors have put
    into the broken round is put back. If no rank holds the model any more, the run ends.

    Parameters
    ----------
    algorithm : all-reduce
        Which one.
    aggregation : aggregation rule
        By default the mean, added up on the way. With another rule nothing is: each rank gets
        each vector from its owner, and aggregates them by itself; only algorithms that send whole
        vectors straight to everybody do that (all_to_all, round_robin). With buckets, each bucket
        is aggregated for itself.
    local_steps : int
        H: steps of a rank between two all-reduces.
    local_growth : float
        By what H is multiplied each round.
    buckets : int or 'layers'
        Pieces of the gradient, the last layers first, each sent as soon as the backward pass has
        come so far: communication overlaps with computation. So many even ones, or one a layer:
        of the model that this one stands for, where that is a known one, else of its own.
    compression : list of compressors
        Of what ranks bring, each with a memory of its own for each bucket.
    exchange : {'gather', 'merge'}
        All collect the packets of all: by an all-gather, or by the algorithm itself where it
        sends all vectors whole. Or they are added up along the algorithm's schedule: floats in
        chunks, sparse ones growing as they are merged, low-rank factors in two all-reduces, which
        make factors of the sum. Codes of whole vectors have to be gathered.
    timeout : time, optional
        How long the group waits for a rank that has crashed before it is rebuilt without it; by
        default for ever.

    References
    ----------
    .. [1] Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.
    .. [2] Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019.
    .. [3] Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel Training",
       VLDB 2020 (buckets).
    """
    steps = LocalSteps(local_steps, local_growth)
    model = experiment.learning.model
    pieces = pieces_of(model, buckets, experiment.scale.stages)
    way = _way(algorithm, exchange, compression, experiment)
    if aggregation.name != 'mean':
        way = way._replace(rule=aggregation)
    return RankPrograms(experiment, steps, way, pieces, timeout).run()


def _way(
    algorithm: Choice, exchange: str, compression: Sequence[Choice], experiment: Experiment
) -> Way:
    """Return how vectors are exchanged.

    Factors that are added up can't take error_feedback by themselves: each rank's own vector is
    compared with what comes of the sum.
    """
    feedback = exchange == 'merge' and _adds_factors(compression)
    inner = [each for each in compression if not (feedback and each.name == 'error_feedback')]
    compressor = compressor_of(inner, experiment.learning.model, len(experiment.workers))
    return Way(algorithm, exchange, compressor, feedback and len(inner) < len(compression))


def _adds_factors(compression: Sequence[Choice]) -> bool:
    return any(each.name == 'low_rank' for each in compression)


def valid_all_reduce(
    *,
    aggregation: Choice = RULES.choice('mean'),
    local_steps: int = 1,
    local_growth: float = 1.0,
    buckets: Buckets = 1,
    compression: Sequence[Choice] = (),
    exchange: str = 'gather',
    **_: Any,
) -> None:
    """Refuse what can't go together."""
    if aggregation.name != 'mean' and compression:
        raise ValueError(
            f'aggregation: {aggregation.name} takes whole vectors; remove compression, or take '
            'a parameter_server, which decodes before it aggregates'
        )
    if exchange == 'merge' and not compression:
        raise ValueError('exchange: merge is a way to add up compressed vectors; give compression')
    if exchange == 'merge' and not can_merge(composed(compression, shapes=[(1, 1)])):
        names = ', '.join(each.name for each in compression)
        raise ValueError(
            f'exchange: merge adds up numbers on the way, {names} sends codes; take gather'
        )
    if buckets != 1 and _adds_factors(compression):
        raise ValueError(f'low_rank takes whole models, no buckets(={buckets}); use buckets: 1')
    if buckets != 1 and not LocalSteps(local_steps, local_growth).are_plain:
        raise ValueError(
            f'buckets(={buckets}) overlap with one backward pass; they need local_steps: 1'
        )


def check_all_reduce(
    facts: Facts,
    *,
    algorithm: Choice = ALL_REDUCES.choice('ring'),
    aggregation: Choice = RULES.choice('mean'),
    buckets: Buckets = 1,
    **_: Any,
) -> Iterator[str]:
    """Say what does not fit the ranks or the model."""
    if aggregation.name != 'mean':
        yield from _check_rule(facts, algorithm, aggregation)
    if facts.parameters is None or buckets == 'layers':
        return
    if buckets > facts.parameters:
        yield f'buckets(={buckets}) must be at most {facts.parameters}, one a parameter'


def _check_rule(facts: Facts, algorithm: Choice, aggregation: Choice) -> Iterator[str]:
    """Say why ranks can't aggregate by a rule."""
    if not all_send_their_own(algorithm(ranks_of(facts, algorithm))):
        yield (
            f'aggregation: {aggregation.name} needs each vector as its owner sent it, but '
            f'{algorithm.name} adds up on the way, or lets others forward; take algorithm: '
            'all_to_all, or round_robin'
        )
    yield from problems(aggregation, facts.workers)


def promises_of_all_reduce(
    facts: Facts, *, aggregation: Choice = RULES.choice('mean'), **_: Any
) -> dict[str, Any]:
    """Return what the rule promises that ranks aggregate by; nothing where they add up."""
    if aggregation.name == 'mean':
        return {}
    return promised(aggregation, facts.workers, facts.liars)


def roles_of_all_reduce(
    *,
    aggregation: Choice = RULES.choice('mean'),
    compression: Sequence[Choice] = (),
    **_: Any,
) -> dict[str, Role]:
    """Return what Byzantine nodes can be: ranks that lie about what they forward."""
    if compression:
        return {}
    robust = aggregation.name != 'mean'
    return {'ranks': Role('worker', ('values', 'data'), tries_rule=robust, tells_apart=True)}


def predict_all_reduce(
    facts: Facts,
    *,
    algorithm: Choice = ALL_REDUCES.choice('ring'),
    buckets: Buckets = 1,
    compression: Sequence[Choice] = (),
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length: what its schedule sends, each round."""
    if compression or facts.rounds is None or facts.parameters is None or buckets == 'layers':
        return {}
    schedule = algorithm(ranks_of(facts, algorithm))
    elements = sum(
        traffic(schedule, chunk_sizes(part.stop - part.start, schedule.chunks, whole=True)).total
        for part in cut(facts.parameters, buckets)
    )
    return {
        'bytes': facts.rounds * elements * ELEMENT * facts.scale.bytes,
        'messages': float(facts.rounds * len(schedule) * buckets),
    }
