"""Data-parallel training without servers: ranks all-reduce their gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt

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
from simulator.training.partial import PartialPrograms, Quorum
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
    wait_for: Annotated[int, Ge(1)] | None = None,
    late: Literal['drop', 'apply'] = 'drop',
    worker_momentum: Annotated[float, Ge(0), Lt(1)] = 0.0,
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

    Everybody takes part in every round, as a schedule names all ranks beforehand; by default it
    waits for all of them. With *wait_for*, it begins as soon as so many are ready, as with the
    clock `backup` of a parameter server, and the others take part passively: while they go on
    computing, they forward along the schedule and add nothing, and the mean is over the gradients
    that have been brought. A rank that is late goes on from the newest model, when it has left
    the all-reduce it is in. That enough are ready has to be known: each rank tells a coordinator,
    the first one, which calls all (8 bytes a word; the schedule's own traffic is the same, but
    that of gathered packets, of which passive ranks send none). Which gradients count is decided
    for each bucket by itself; staleness and losses are those of the first. What compressors
    remember of a rank stays as it is while that brings nothing. With a rule, a rank counts once
    in a round, with the mean of what it brings, if it brings anything; where vectors are added up
    on the way, Byzantine ranks lie about what they forward, passive or not.

    Churn. A crash breaks the collectives under way, so the group begins its round anew: when the
    rank is back and has got the model from another, or, with a timeout, without it. Who comes
    back later is sent the model and takes part from the next round on. What compressors have put
    into the broken round is put back; what was late is lost. A crashed rank can't forward, so
    *wait_for* is no help against it. If no rank holds the model any more, the run ends.

    Parameters
    ----------
    algorithm : all-reduce
        Which one.
    aggregation : aggregation rule
        By default the mean, added up on the way. With another rule nothing is: each rank gets
        each vector from its owner, and aggregates them by itself; only algorithms that send whole
        vectors straight to everybody do that (all_to_all, round_robin). With buckets, each bucket
        is aggregated for itself.
    wait_for : int, optional
        k: ranks whose gradients make a round, the fastest; all by default.
    late : {'drop', 'apply'}
        Whether a gradient of an earlier round is thrown away, or counts in the next one (besides
        the k of that, not as one of them). With local steps, it is the way a rank has gone.
    worker_momentum : float
        b: ranks bring m <- b m + (1 - b) g, a running mean of what they have computed.
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
    .. [4] Li, Ben-Nun, Di Girolamo, Alistarh & Hoefler, "Taming Unbalanced Training Workloads in
       Deep Learning with Partial Collective Operations", PPoPP 2020 (wait_for).
    .. [5] Chen et al., "Revisiting Distributed Synchronous SGD", ICLR workshop, 2016 (wait_for).
    .. [6] Karimireddy, He & Jaggi, "Learning from History for Byzantine Robust Optimization",
       ICML 2021 (worker_momentum).
    """
    steps = LocalSteps(local_steps, local_growth)
    model = experiment.learning.model
    pieces = pieces_of(model, buckets, experiment.scale.stages)
    way = _way(algorithm, exchange, compression, experiment)
    if aggregation.name != 'mean':
        way = way._replace(rule=aggregation)
    settings = (experiment, steps, way, pieces, timeout, worker_momentum)
    if wait_for is None or wait_for == len(experiment.workers):
        return RankPrograms(*settings).run()
    return PartialPrograms(*settings, quorum=Quorum(wait_for, late == 'apply')).run()


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
    wait_for: int | None = None,
    late: str = 'drop',
    local_steps: int = 1,
    local_growth: float = 1.0,
    buckets: Buckets = 1,
    compression: Sequence[Choice] = (),
    exchange: str = 'gather',
    **_: Any,
) -> None:
    """Refuse what can't go together."""
    if late == 'apply' and wait_for is None:
        raise ValueError('late: apply needs wait_for: a round that waits for all has no late ranks')
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
            f'buckets(={buckets}) overlap with one backward pass; they need local_steps: 1, '
            'and no local_growth'
        )


def check_all_reduce(
    facts: Facts,
    *,
    algorithm: Choice = ALL_REDUCES.choice('ring'),
    aggregation: Choice = RULES.choice('mean'),
    wait_for: int | None = None,
    late: str = 'drop',
    buckets: Buckets = 1,
    **_: Any,
) -> Iterator[str]:
    """Say what does not fit the ranks or the model."""
    if wait_for is not None and wait_for > facts.workers:
        yield f'wait_for(={wait_for}) must be at most {facts.workers}, the number of workers'
    elif aggregation.name != 'mean':
        most = facts.workers if late == 'apply' else wait_for
        yield from _check_rule(facts, algorithm, aggregation, wait_for, most)
    if facts.parameters is None or buckets == 'layers':
        return
    if buckets > facts.parameters:
        yield f'buckets(={buckets}) must be at most {facts.parameters}, one a parameter'


def _check_rule(
    facts: Facts, algorithm: Choice, aggregation: Choice, least: int | None, most: int | None
) -> Iterator[str]:
    """Say why ranks can't aggregate *least* to *most* vectors by a rule; by default, all."""
    if not all_send_their_own(algorithm(ranks_of(facts, algorithm))):
        yield (
            f'aggregation: {aggregation.name} needs each vector as its owner sent it, but '
            f'{algorithm.name} adds up on the way, or lets others forward; take algorithm: '
            'all_to_all, or round_robin'
        )
    if least is None:
        yield from problems(aggregation, facts.workers)
        return
    counts = range(least, (most or least) + 1)
    found = (problem for count in counts for problem in problems(aggregation, count))
    for problem in islice(found, 1):
        yield f'{problem}; wait_for(={least}) makes do with so few: let it be more'


def promises_of_all_reduce(
    facts: Facts,
    *,
    aggregation: Choice = RULES.choice('mean'),
    wait_for: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Return what the rule promises that ranks aggregate by; nothing where they add up."""
    if aggregation.name == 'mean':
        return {}
    return promised(aggregation, wait_for or facts.workers, facts.liars)


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
    wait_for: int | None = None,
    buckets: Buckets = 1,
    compression: Sequence[Choice] = (),
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length: what its schedule sends, each round.

    Where a round does not wait for all, who is late decides about the words that call it.
    """
    if wait_for is not None and wait_for != facts.workers:
        return {}
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
