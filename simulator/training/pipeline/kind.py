"""The training kind pipeline, and its options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le

from simulator.errors import PlacementError
from simulator.learning.models import Model
from simulator.training.experiment import Experiment
from simulator.training.facts import Facts
from simulator.training.parts import DataParallel, are_all_workers, grid_of
from simulator.training.pipeline.plan import Plan
from simulator.training.pipeline.programs import Pipelines
from simulator.training.pipeline.schedules import bubble_share
from simulator.training.pipeline.stages import stages_of

__all__ = ['check_pipeline', 'pipeline', 'predict_pipeline', 'shards_of_pipeline']

Schedule = Literal['fill_drain', 'one_forward_one_backward']
Number = Annotated[int, Ge(1), Le(10_000)]


def pipeline(
    experiment: Experiment,
    *,
    stages: Number,
    micro_batches: Number = 1,
    schedule: Schedule = 'one_forward_one_backward',
    data_parallel: DataParallel = DataParallel(),
    layers: list[Annotated[int, Gt(0)]] = [],  # noqa: B006 - read, never written
    devices: list[Annotated[int, Ge(0)]] = [],  # noqa: B006 - read, never written
    neighbours: Literal['stages', 'replicas'] = 'stages',
) -> dict[str, Any]:
    """Cut a model into stages on different devices, through which micro-batches flow.

    A stage takes the forward pass of a micro-batch, and sends its activations to the next; the
    gradients by these come back, and its backward pass takes twice as long. A step is over when
    all micro-batches have come through (the pipeline is flushed), so the gradient is that of the
    whole mini-batch: training goes as on one device. Each stage draws its times when a step
    begins.

    With more workers than stages there are replicas of the pipeline, each with its own part of
    the data; those of each stage all-reduce their gradients as soon as all have theirs.

    `bubble_share` is the share of their time in which devices stand still until their pipeline
    has drained; with equal stages and free links (p - 1) / (m + p - 1). A device holds its
    parameters, their gradient, and the activations of all micro-batches whose backward pass is
    still to come. Where a small model stands for a larger one, activations grow as parameters do.

    Churn. A crash of a device breaks the step off: it begins anew, on the same mini-batches, when
    all are there again.

    Parameters
    ----------
    stages : int
        p, the devices of one pipeline.
    micro_batches : int
        m, the parts of each mini-batch.
    schedule : {'fill_drain', 'one_forward_one_backward'}
        Whether a stage takes all forward passes before the backward ones, or one of each by turns
        as soon as it can, so that it keeps fewer activations.
    data_parallel : {algorithm}
        How the replicas of a stage add up their gradients.
    layers : list of int
        Layers of each stage; by default the slowest stage is as quick as can be.
    devices : list of int
        All workers, in the order in which they take the stages; by default in the order of the
        topology, those near each other together.
    neighbours : {'stages', 'replicas'}
        What follows each other in that order: the stages of one pipeline, or all that hold the
        same stage.

    References
    ----------
    .. [1] Huang et al., "GPipe: Efficient Training of Giant Neural Networks using Pipeline
       Parallelism", NeurIPS 2019.
    .. [2] Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using
       Megatron-LM", SC 2021 (one forward, one backward; with data parallelism).
    """
    learning = experiment.learning
    parts = stages_of(
        learning.model.layers, prod(learning.data.train.inputs.shape[1:]), stages, layers
    )
    together = neighbours == 'stages'
    places = grid_of(experiment.cluster, devices, stages, parts_together=together)
    batches = [learning.batch(replica) for replica in range(len(places))]
    plan = Plan.of(places, parts, schedule, batches, micro_batches, experiment.scale)
    return Pipelines(experiment, plan, data_parallel.algorithm).run()


def check_pipeline(facts: Facts, **options: Any) -> Iterator[str]:
    """Say what does not fit the workers, the model, the mini-batches or the memory."""
    misfits = list(_misfits(facts, **options))
    yield from misfits
    if not misfits and facts.model is not None and facts.devices is not None:
        try:
            plan = _planned(facts, facts.model, **options)
        except PlacementError as error:
            yield str(error)
        else:
            yield from plan.overfull(facts.devices)


def _misfits(
    facts: Facts,
    *,
    stages: int,
    micro_batches: int = 1,
    layers: Sequence[int] = (),
    devices: Sequence[int] = (),
    **_: Any,
) -> Iterator[str]:
    """Say which numbers do not go together."""
    if facts.workers % stages:
        yield f'{facts.workers} workers are not whole pipelines of stages(={stages}); change either'
    if facts.layers is not None and stages > facts.layers:
        yield f'stages(={stages}) must be at most {facts.layers}, the layers of the model'
    if layers and len(layers) != stages:
        yield f'layers: {list(layers)} must name one number for each of {stages} stages'
    elif layers and facts.layers is not None and sum(layers) != facts.layers:
        yield f'layers: {list(layers)} must add up to {facts.layers}, the layers of the model'
    if facts.batch is not None and micro_batches > facts.batch:
        yield f'micro_batches(={micro_batches}) must be at most {facts.batch}, the mini-batch'
    if facts.batch is None and facts.layers is not None:
        yield 'pipelines need one size of mini-batches for all; give learning.batch a number'
    if devices and not are_all_workers(facts, devices):
        yield f'devices: {list(devices)} must name each of the {facts.workers} workers once'


def _planned(
    facts: Facts,
    model: Model,
    *,
    stages: int,
    micro_batches: int = 1,
    schedule: str = 'one_forward_one_backward',
    layers: Sequence[int] = (),
    devices: Sequence[int] = (),
    neighbours: str = 'stages',
    **_: Any,
) -> Plan:
    """Return the plan of a run that has not begun."""
    parts = stages_of(model.layers, prod(facts.inputs), stages, layers)
    places = grid_of(facts, devices, stages, parts_together=neighbours == 'stages')
    batches = [facts.batch or 1] * len(places)
    return Plan.of(places, parts, schedule, batches, micro_batches, facts.scale)


def shards_of_pipeline(workers: int, *, stages: int, **_: Any) -> int:
    """Return among how many the data are dealt: one part a pipeline."""
    return max(1, workers // stages)


def predict_pipeline(
    facts: Facts, *, stages: int, micro_batches: int = 1, **options: Any
) -> dict[str, float]:
    """Return the share of the bubble with equal stages and free links, and the memory needed."""
    figures = {'bubble_share': bubble_share(stages, micro_batches)}
    if facts.model is not None:
        given = {'stages': stages, 'micro_batches': micro_batches, **options}
        figures['peak_memory'] = float(_planned(facts, facts.model, **given).memory.max())
    return figures
