"""The parameter server: workers compute gradients, servers keep the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from annotated_types import Ge, Gt, Lt

from simulator.catalogue import Catalogue, Choice
from simulator.compression import Compression
from simulator.errors import ScenarioError
from simulator.learning import OPTIMIZERS, sgd
from simulator.robust.aggregation import RULES, problems, promised, promises
from simulator.training.adversary import Role
from simulator.training.clocks import CLOCKS
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.facts import Facts
from simulator.training.local import Growth, LocalSteps, Steps
from simulator.training.packing import compressor_of
from simulator.training.servers import Servers
from simulator.training.settings import Settings
from simulator.training.shards import cut
from simulator.units import Seconds

__all__ = [
    'check_parameter_server',
    'parameter_server',
    'predict_parameter_server',
    'promises_of_parameter_server',
    'roles_of_parameter_server',
]

SERVER_OPTIMIZERS = Catalogue('optimizer', OPTIMIZERS)


def parameter_server(
    experiment: Experiment,
    *,
    clock: Annotated[Choice, CLOCKS] = CLOCKS.choice('bsp'),
    aggregation: Annotated[Choice, RULES] = RULES.choice('mean'),
    weighted: bool = False,
    buffer: Annotated[int, Ge(1)] | None = None,
    buffer_staleness: Annotated[int, Ge(0)] | None = None,
    worker_momentum: Annotated[float, Ge(0), Lt(1)] = 0.0,
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
    server_optimizer: Annotated[Choice, SERVER_OPTIMIZERS] | None = None,
    shards: Annotated[int, Ge(1)] | None = None,
    compression: Compression = [],  # noqa: B006 - read, never written
    compression_down: Compression = [],  # noqa: B006
    replicas: Annotated[int, Ge(0)] = 0,
    failover: Annotated[Seconds, Gt(0)] = 1.0,
) -> dict[str, float]:
    """Keep the model at servers: workers fetch it, compute gradients, and push them.

    A server sends its slice of the model to each worker that may proceed; the worker computes
    the gradient of its mini-batch and sends each server its slice; a server that has collected
    what the clock asks for aggregates it and updates its slice.

    With local steps, a worker takes several steps of the scenario's optimizer and pushes how far
    it has come; the server then moves by the aggregate of that, which averages the models.

    Liars. Byzantine workers push whatever their attacks make of the whole vector, and what
    `simulator.training.false_pushes` says that they see; byzantine servers hand out lies.

    Churn. A worker that crashes loses its state; when it is back, it asks the servers for the
    model and goes on. Meanwhile `bsp` and `ssp` wait (`bsp` at most for its timeout), `asp` and
    `backup` go on. What a server held is lost with it, and the run ends, unless there are
    replicas: then, after *failover*, the server with the newest copy takes over from the update
    it has seen last, and all workers fetch the model and begin their round anew.

    Parameters
    ----------
    clock : clock
        Who may proceed when, and how many gradients make an update.
    aggregation : aggregation rule
        How a server makes one gradient of those it has collected.
    weighted : bool
        Let a gradient count as often as its worker has used samples, where workers use unlike
        many; only for rules that can weigh.
    buffer : int
        Under an asynchronous clock: apply the rule not to the gradient that has arrived, but to
        the latest one of each worker, as soon as there are those of so many workers; a worker
        counts once, however much it sends.
    buffer_staleness : int
        How many updates may have been made since a gradient in the buffer was computed from its
        model; older ones do not count. By default they all do.
    worker_momentum : float
        b: workers send m <- b m + (1 - b) g, a running mean of what they have computed.
    local_steps : int
        H: steps of a worker between fetching the model and pushing.
    local_growth : float
        By what H is multiplied each round.
    server_optimizer : optimizer
        How the server applies an aggregate: by default the scenario's optimizer, with local
        steps plain averaging.
    shards : int
        Slices into which the model is cut, each kept by one server (in turn, where there are
        more slices than servers); by default one a server.
    compression : list of compressors
        Of what workers push: each slice by itself, with a memory of each worker for each server.
    compression_down : list of compressors
        Of what servers send: each update once, with a memory of the server's; workers get all
        updates since they last fetched, or the whole slice where that is shorter, and compute at
        what they decode. The server applies the same, so that all hold one model.
    replicas : int
        Copies of each slice and its optimizer's state, sent to so many other servers after each
        update.
    failover : time
        How long it takes to notice that a server has crashed.

    References
    ----------
    .. [1] Li et al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014.
    .. [2] McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized
       Data", AISTATS 2017 (local steps).
    .. [3] Reddi et al., "Adaptive Federated Optimization", ICLR 2021 (server optimizers).
    """
    steps = LocalSteps(local_steps, local_growth)
    optimizer = experiment.optimizer if steps.are_plain else sgd(rate=1.0)
    if server_optimizer is not None:
        optimizer = server_optimizer()
    slices = cut(experiment.parameters, shards or len(experiment.servers))
    model, workers, whole = experiment.learning.model, len(experiment.workers), len(slices) == 1
    settings = Settings(
        clock(workers),
        aggregation,
        steps,
        optimizer,
        slices,
        compressor_of(compression, model, workers, whole=whole),
        compressor_of(compression_down, model, len(slices), whole=whole),
        replicas,
        failover,
        worker_momentum,
        weighted,
        buffer,
        buffer_staleness,
    )
    return Servers(experiment, settings).run()


def check_parameter_server(
    facts: Facts,
    *,
    clock: Choice = CLOCKS.choice('bsp'),
    aggregation: Choice = RULES.choice('mean'),
    weighted: bool = False,
    buffer: int | None = None,
    buffer_staleness: int | None = None,
    shards: int | None = None,
    compression: Sequence[Choice] = (),
    compression_down: Sequence[Choice] = (),
    replicas: int = 0,
    **_: Any,
) -> Iterator[str]:
    """Say what does not fit the cluster or the model."""
    yield from _check_aggregation(facts, clock, aggregation, buffer, buffer_staleness)
    if weighted and not promises(aggregation).weighted_by_samples:
        yield f'weighted: {aggregation.name} takes all vectors for equal; take mean, or do without'
    if replicas and replicas >= facts.servers:
        yield f'replicas(={replicas}) need as many other servers; there are {facts.servers} in all'
    for choices in (compression, compression_down):
        if (shards or facts.servers) > 1 and any(each.name == 'low_rank' for each in choices):
            yield 'low_rank takes whole layers, a slice is none; use shards: 1, or all_reduce'
    if facts.servers == 0:
        yield 'needs a server: give the topology one, such as {star: {workers: 8, servers: 1}}'
    parameters = facts.parameters
    if parameters is not None and (shards or facts.servers) > parameters:
        yield f'shards(={shards or facts.servers}) must be at most {parameters}, one a parameter'


def _check_aggregation(
    facts: Facts, clock: Choice, aggregation: Choice, buffer: int | None, oldest: int | None
) -> Iterator[str]:
    try:
        rule = clock(facts.workers)
    except ScenarioError as error:  # the clock asks for more workers than there are
        yield error.messages
        return
    many = rule.collects if buffer is None else buffer
    for problem in problems(aggregation, many):
        yield problem if rule.synchronous or buffer else f'{problem}{_BUFFER}'
    if buffer is None and oldest is not None:
        yield 'buffer_staleness needs a buffer'
    elif buffer is not None and rule.synchronous:
        yield f'buffer is for asynchronous clocks; {clock.name} collects {many} gradients anyway'
    elif buffer is not None and buffer > facts.workers:
        yield f'buffer(={buffer}) must be at most {facts.workers} workers'


_BUFFER = (
    '; an asynchronous clock makes an update of each gradient: give a buffer of the latest of '
    'that many workers'
)


def roles_of_parameter_server(*, clock: Choice = CLOCKS.choice('bsp'), **_: Any) -> dict[str, Role]:
    """Return what Byzantine nodes can be."""
    workers = Role('worker', ('values', 'data', 'time'), tries_rule=True)
    waits_for_ever = clock.name != 'bsp' or clock.options['timeout'] is None
    servers = Role('server', ('values',), tells_apart=True)
    return {'workers': workers._replace(has_deadline=not waits_for_ever), 'servers': servers}


def promises_of_parameter_server(
    facts: Facts,
    *,
    clock: Choice = CLOCKS.choice('bsp'),
    aggregation: Choice = RULES.choice('mean'),
    buffer: int | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Return what the rule promises for as many vectors as a server aggregates."""
    return promised(aggregation, buffer or clock(facts.workers).collects, facts.liars)


def predict_parameter_server(
    facts: Facts,
    *,
    clock: Choice = CLOCKS.choice('bsp'),
    shards: int | None = None,
    compression: Sequence[Choice] = (),
    compression_down: Sequence[Choice] = (),
    replicas: int = 0,
    **_: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length under BSP: two models a worker and round.

    Examples
    --------
    >>> predict_parameter_server(Facts(workers=4, servers=1, parameters=10, rounds=3))
    {'bytes': 960.0, 'messages': 24.0}
    """
    if facts.rounds is None or facts.parameters is None or clock.name != 'bsp':
        return {}
    if compression or compression_down or replicas:
        return {}
    passes = 2 * facts.workers * facts.rounds
    return {
        'bytes': passes * facts.parameters * ELEMENT * facts.scale.bytes,
        'messages': float(passes * (shards or facts.servers)),
    }
