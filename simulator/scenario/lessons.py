"""From the `learning` section to data, shards, model: what `check` and a run both build."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from simulator.catalogue import Choice
from simulator.errors import DataError
from simulator.learning import Dataset, Learning, Model, Regularization
from simulator.learning import regularization as regularization_
from simulator.learning.augmentation import Augmentation
from simulator.learning.distillation import distilled
from simulator.learning.learning import deal
from simulator.learning.partitions import Shards
from simulator.learning.profiles import Profile
from simulator.scenario.batches import batch_sizes
from simulator.scenario.schema import Distillation
from simulator.scenario.schema import Learning as Section
from simulator.seeds import Seeds
from simulator.training import Scale

__all__ = ['dataset_of', 'dealt', 'learning_of', 'profile_of', 'regularization_of', 'scale_of']


@lru_cache(maxsize=8)
def dataset_of(choice: Choice, seed: int) -> Dataset:
    """Return a data set; many runs of one scenario share it."""
    dataset: Dataset = choice(Seeds(seed).stream('data'))
    return dataset


def dealt(section: Section, seed: int, workers: int) -> tuple[Dataset, Shards]:
    """Return the data, and the training samples of each worker.

    Raises
    ------
    DataError
        If they can't be had, or not dealt.
    """
    return deal(
        dataset_of(section.data, seed),
        section.partition,
        workers=workers,
        seeds=Seeds(seed),
        validation=section.validation.share if section.validation else None,
        augmentation=augmentation_of(section),
    )


def learning_of(section: Section, seed: int, workers: int) -> Learning:
    """Return the model and its data, dealt to the workers.

    Raises
    ------
    DataError
        If the data can't be dealt, or the model is not for them.
    ScenarioError
        If the batch sizes are not for these workers.
    """
    data, shards = dealt(section, seed, workers)
    model: Model = section.model(data.task)
    if section.distillation is not None:
        data, model = taught(section.distillation, data, model, seed)
    return Learning(
        data,
        model,
        shards,
        Seeds(seed),
        batch=batch_sizes(section.batch, workers),
        regularization=regularization_of(section),
    )


def taught(how: Distillation, data: Dataset, model: Model, seed: int) -> tuple[Dataset, Model]:
    """Return data whose labels are what a teacher says, and the model that learns from it.

    Raises
    ------
    DataError
        If the teacher can't be had, or is for other data.
    """
    from simulator.scenario.trained import Trained

    try:
        teacher = Trained.of(Path(how.teacher), seed)
        check_teacher(teacher.data, data)
    except DataError as error:
        raise DataError(f'learning.distillation.teacher: {error}') from error
    return distilled(
        data,
        model,
        teacher.model,
        teacher.parameters,
        teacher.statistics,
        temperature=how.temperature,
    )


def check_teacher(known: Dataset, data: Dataset) -> None:
    """Refuse a teacher that was trained on another kind of data.

    Raises
    ------
    DataError
        Saying on which.
    """
    if known.task != data.task:
        raise DataError(f'was trained for {known.task}; these data are of {data.task}.')
    if known.vocabulary != data.vocabulary:
        raise DataError('was trained on another vocabulary; take the same text and options.')


def augmentation_of(section: Section) -> Augmentation | None:
    """Return how images are varied, None where they are not."""
    return Augmentation(**dict(section.augmentation)) if section.augmentation else None


def regularization_of(section: Section) -> Regularization:
    """Return what is asked of weights and gradients."""
    return regularization_(**dict(section.regularization))


def profile_of(section: Section | None) -> Profile | None:
    """Return the known large model for which the small one stands, if any."""
    larger = section.stands_for if section is not None else None
    if larger is None or larger.profile is None:
        return None
    profile: Profile = larger.profile()
    return profile


def scale_of(section: Section | None, model: Model | None) -> Scale:
    """Return how much larger the model is that this one stands for."""
    if section is None or model is None or section.stands_for is None:
        return Scale()
    larger, profile = section.stands_for, profile_of(section) or Profile(())
    parameters = larger.parameters or profile.parameters
    flops = larger.flops or profile.flops
    return Scale(
        bytes=parameters / model.dimension if parameters else 1.0,
        flops=flops / model.forward_flops if flops else 1.0,
        stages=profile.stages,
    )
