"""The training kind tensor_parallel, and its options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from simulator.catalogue import Choice
from simulator.collectives.scattered import Algorithm
from simulator.errors import PlacementError
from simulator.training.algorithms import ALL_REDUCES
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts, nodes_with
from simulator.training.parts import DataParallel, are_all_workers, grid_of
from simulator.training.tensor_parallel.plan import Plan, Saying
from simulator.training.tensor_parallel.prediction import predicted
from simulator.training.tensor_parallel.programs import Teams
from simulator.training.tensor_parallel.splitting import Way

__all__ = [
    'check_tensor_parallel',
    'predict_tensor_parallel',
    'shards_of_tensor_parallel',
    'tensor_parallel',
]

Degree = Annotated[int, Ge(1), Le(10_000)]


def tensor_parallel(
    experiment: Experiment,
    *,
    degree: Degree | None = None,
    split: Way = 'alternating',
    algorithm: Annotated[Choice, ALL_REDUCES] = ALL_REDUCES.choice('ring'),
    gather: Algorithm = 'ring',
    data_parallel: DataParallel = DataParallel(),
    devices: list[Annotated[int, Ge(0)]] = [],  # noqa: B006 - read, never written
    neighbours: Literal['blocks', 'replicas'] = 'blocks',
) -> dict[str, Any]:
    """Split the matrix products of each layer over the devices of a team.

    Each device holds a block of every weight matrix, of columns (units that it makes from all
    inputs) or of rows (inputs from which it makes its share of all units' sums), computes with
    it, and moves it on; blocks are as even as can be. Training goes as on one device. What has no
    product to split, such as normalizations, embeddings and the biases of sums, is held and
    computed by all devices of a team alike. Models with other products are refused.

    Of a layer split by columns, the next one's inputs are all-gathered, and on the way back the
    gradients by its own inputs all-reduced; of one split by rows, sums are all-reduced, and the
    gradients by its inputs all-gathered. Alternating, columns are followed by rows: a pair needs
    one all-reduce on each way, of what leaves the pair and what enters it, and units between are
    never sent. A layer left over goes the way on which less is said. The heads of attention are
    split in any case, and what they say is weighed by rows.

    With more workers than a team has there are replicas, each with its own part of the data; those
    that hold the same blocks all-reduce the gradients by these. Devices draw their times phase by
    phase. A device holds its parameters, their gradient, and the activations it keeps for the way
    back. Where a small model stands for a larger one, activations grow as parameters do.

    Churn. A crash of a device breaks the step off: it begins anew, on the same mini-batches, when
    all are there again.

    Parameters
    ----------
    degree : int
        p, the devices of a team; by default all workers.
    split : {'columns', 'rows', 'alternating'}
        How dense layers are split.
    algorithm : all-reduce
        By which the devices of a team add up.
    gather : {'ring', 'direct', 'bruck'}
        The all-gather by which they share their parts.
    data_parallel : {algorithm}
        How those that hold the same blocks add up their gradients.
    devices : list of int
        All workers, in the order in which they take the blocks; by default in the order of the
        topology, those near each other together.
    neighbours : {'blocks', 'replicas'}
        What follows each other in that order: the devices of one team, or all that hold the same
        blocks.

    References
    ----------
    .. [1] Shoeybi et al., "Megatron-LM: Training Multi-Billion Parameter Language Models Using
       Model Parallelism", arXiv:1909.08053, 2019.
    .. [2] Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using
       Megatron-LM", SC 2021.
    """
    cluster, learning = experiment.cluster, experiment.learning
    grid = grid_of(
        cluster,
        devices,
        degree or len(experiment.workers),
        parts_together=neighbours == 'blocks',
    )
    saying = Saying(algorithm, gather)
    said = [
        saying.schedules(cluster, [experiment.workers.index(node) for node in team])
        for team in grid.tolist()
    ]
    plan = Plan.of(
        grid,
        learning.model,
        said[0],
        split,
        batch=learning.batch(0),
        inputs=learning.data.train.inputs.shape[1:],
        scale=experiment.scale,
    )
    learning.compute_by(plan.model)
    return Teams(experiment, plan, said, data_parallel.algorithm).run()


def check_tensor_parallel(
    facts: Facts,
    *,
    degree: int | None = None,
    devices: Sequence[int] = (),
    **options: Any,
) -> Iterator[str]:
    """Say what does not fit the workers, the model or the mini-batches."""
    found = False
    if degree is not None and facts.workers % degree:
        found = True
        yield f'{facts.workers} workers are not whole teams of degree(={degree}); change either'
    if devices and not are_all_workers(facts, devices):
        found = True
        yield f'devices: {list(devices)} must name each of the {facts.workers} workers once'
    if facts.model is not None and facts.batch is None:
        found = True
        yield (
            'tensor parallelism needs one size of mini-batches for all; give learning.batch a '
            'number'
        )
    if not found and facts.model is not None:
        yield from _check_plan(facts, degree=degree, devices=devices, **options)


def _check_plan(facts: Facts, **options: Any) -> Iterator[str]:
    """Say what can't be split, or not held."""
    try:
        plan = _planned(facts, **options)[0]
    except PlacementError as error:
        yield str(error)
        return
    if facts.devices is not None:
        yield from plan.overfull(facts.devices)


def shards_of_tensor_parallel(workers: int, *, degree: int | None = None, **_: Any) -> int:
    """Return among how many the data are dealt: one part a team."""
    return max(1, workers // (degree or workers))


def predict_tensor_parallel(
    facts: Facts,
    *,
    data_parallel: DataParallel = DataParallel(),
    **options: Any,
) -> dict[str, float]:
    """Return the traffic of a run of known length, and the seconds and the memory of a step.

    Seconds are those of the closed forms, as if nothing but the devices' own ports contended and
    nobody straggled: exact where devices, links and blocks are equal, and close above it where
    blocks are not.
    """
    if facts.model is None or facts.batch is None:
        return {}
    plan, saying = _planned(facts, **options)
    return predicted(facts, plan, saying, data_parallel.algorithm)


def _planned(
    facts: Facts,
    *,
    degree: int | None = None,
    split: Way = 'alternating',
    algorithm: Choice = ALL_REDUCES.choice('ring'),
    gather: Algorithm = 'ring',
    devices: Sequence[int] = (),
    neighbours: str = 'blocks',
    **_: Any,
) -> tuple[Plan, Saying]:
    """Return the plan of a run that has not begun."""
    assert facts.graph is not None  # noqa: S101 - these two need a scenario
    assert facts.model is not None  # noqa: S101
    together = neighbours == 'blocks'
    grid = grid_of(facts, devices, degree or facts.workers, parts_together=together)
    saying, workers = Saying(algorithm, gather), nodes_with(facts.graph, 'worker')
    said = saying.schedules(facts, [workers.index(node) for node in grid[0].tolist()])
    plan = Plan.of(
        grid,
        facts.model,
        said,
        split,
        batch=facts.batch or 1,
        inputs=facts.inputs,
        scale=facts.scale,
    )
    return plan, saying
