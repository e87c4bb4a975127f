"""All that a training algorithm needs of learning, in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import Floats, frozen
from simulator.learning.augmentation import Augmentation, augmented
from simulator.learning.batches import Batches, Indices
from simulator.learning.data import Dataset, Samples, with_validation
from simulator.learning.layout import check_same, check_vocabulary, fitted
from simulator.learning.models import Evaluation, Model
from simulator.learning.optimizers import Optimizer, State
from simulator.learning.orders import GRADIENT
from simulator.learning.partitions import BY_COLUMN, Shards
from simulator.learning.pool import GradientPool, Pending
from simulator.learning.regularization import Regularization
from simulator.learning.task import Task
from simulator.seeds import Seeds


class Learning:
    """A model to be trained on data that lies spread over workers 0..n-1.

    Parameters
    ----------
    data : Dataset
    model : Model
    shards : list of array of int
        The training samples of each worker.
    seeds : Seeds
        Streams ``initial`` and, one a worker, ``batches`` and ``noise``.
    batch : int or None, or a sequence of them
        Samples of a mini-batch; None takes the whole shard. One for all, or one a worker.
    regularization : Regularization, optional
        Of the gradients that workers compute.

    Attributes
    ----------
    initial : array, shape (d,)
        Where all workers begin; read-only.
    pool : GradientPool
    taken : list of str
        Layers that a model kept by another run has brought.

    Examples
    --------
    >>> from simulator.learning import digits, iid, linear
    >>> learning = Learning.draw(digits, iid, linear, workers=2, seeds=Seeds(7))
    >>> pending = [learning.request(worker, learning.initial) for worker in range(2)]
    >>> pending[0].value.shape
    (650,)
    """

    def __init__(
        self,
        data: Dataset,
        model: Model,
        shards: Shards,
        seeds: Seeds,
        *,
        batch: int | Sequence[int | None] | None = 32,
        regularization: Regularization | None = None,
    ):
        self.data = data
        self.model = model
        self.shards = shards
        self.initial = frozen(model.init(seeds.stream('initial')))
        self.taken: list[str] = []
        self._regularization = regularization
        self.pool = GradientPool(self._regularized(model), data.train)
        self._stand_ins: dict[int, Indices] = {}  # of poisoned samples, by number of the true ones
        self._misled: set[int] = set()
        noisy = range(len(shards) if self.model.noise else 0)
        self._noise = [seeds.stream('noise', worker=worker) for worker in noisy]
        self._batches = [
            Batches(shard, size, seeds.stream('batches', worker=worker))
            for worker, (shard, size) in enumerate(zip(shards, _each(batch, shards), strict=True))
        ]

    @classmethod
    def draw(
        cls,
        data: Callable[[np.random.Generator], Dataset],
        partition: Callable[[np.random.Generator, Floats, int], Shards],
        model: Callable[[Task], Model],
        *,
        workers: int,
        seeds: Seeds,
        batch: int | Sequence[int | None] | None = 32,
        validation: float | None = None,
        augmentation: Augmentation | None = None,
        regularization: Regularization | None = None,
    ) -> Learning:
        """Return what the entries of the catalogues, their options bound, make together.

        Data come from the stream ``data``, shards from the stream ``partition``; a share of the
        training samples is kept for *validation*, images are varied as *augmentation* says.
        """
        dataset, shards = deal(
            data(seeds.stream('data')),
            partition,
            workers=workers,
            seeds=seeds,
            validation=validation,
            augmentation=augmentation,
        )
        return cls(
            dataset,
            model(dataset.task),
            shards,
            seeds,
            batch=batch,
            regularization=regularization,
        )

    @property
    def samples_per_epoch(self) -> int:
        """How many samples the training set holds."""
        return len(self.data.train.inputs)

    def start_from(self, held: Mapping[str, NDArray[Any]], *, fitting: bool = False) -> None:
        """Let all workers begin with a model that another run has kept.

        Parameters
        ----------
        held : mapping of str to array
            Its ``parameters`` (d,), and where they were kept, its ``statistics`` (s,), its
            ``layout`` and ``vocabulary``.
        fitting : bool
            Whether those layers alone are taken that have the same name and arrays in both
            models; the others are as drawn, and statistics begin anew.

        Raises
        ------
        DataError
            If the model is another, or has nothing that fits.
        """
        check_vocabulary(self.data.vocabulary, held)
        if fitting:
            self.initial, self.taken = fitted(self.model, self.initial, held)
            return
        check_same(self.model, held)
        self.initial = frozen(np.asarray(held['parameters'], np.float32))
        self.taken = [layer.name for layer in self.model.layers if layer.arrays]
        if 'statistics' in held:
            self.pool.statistics = frozen(np.asarray(held['statistics'], np.float32))

    def batch(self, worker: int) -> int:
        """Return how many samples a mini-batch of *worker* has."""
        return self._batches[worker].size

    @property
    def common_batch(self) -> int | None:
        """How many samples a mini-batch has; None where not all workers take as many."""
        sizes = {batches.size for batches in self._batches}
        return sizes.pop() if len(sizes) == 1 else None

    def compute_by(self, model: Model) -> None:
        """Let gradients be those of *model*: the same one, which computes in another way."""
        self.pool.model = self._regularized(model)

    def gradient_flops(self, worker: int) -> float:
        """Return the operations of one gradient of *worker*: three times its forward pass."""
        return 3.0 * self.model.forward_flops * self._batches[worker].size

    def request(self, worker: int, parameters: Floats) -> Pending:
        """Ask for the gradient of *worker* at *parameters* (d,), on its next mini-batch."""
        batches, noise = self.next_batches(worker, 1)
        return self.pool.request_steps(worker, parameters, batches, GRADIENT, (), noise=noise)

    def request_steps(
        self,
        worker: int,
        parameters: Floats,
        steps: int,
        optimizer: Optimizer,
        state: State | None = None,
        factors: Floats | None = None,
    ) -> Pending:
        """Ask where *worker* gets to from *parameters* (d,) in so many steps of *optimizer*.

        `GradientPool.request_steps` tells of the state and the factors.
        """
        batches, noise = self.next_batches(worker, steps)
        return self.pool.request_steps(
            worker, parameters, batches, optimizer, state, factors, noise
        )

    def next_batches(self, worker: int, steps: int) -> tuple[Indices, Floats | None]:
        """Draw what *worker* needs for so many steps: batches (steps, B), and its own noise.

        For who knows the steps before the parameters; `GradientPool.request_steps` takes them.
        """
        batches = self._batches[worker].take(steps)
        if worker in self._misled:  # where its samples really are
            batches = self._stand_ins[worker][batches]
        if not self._noise:
            return batches, None
        shape = (*batches.shape, self.model.noise)
        return batches, self._noise[worker].random(shape, np.float32)

    def poison(self, samples: Mapping[int, Samples]) -> None:
        """Let some workers compute on other samples in place of their own, one for one.

        They draw the same mini-batches as before. The data set itself stays what it is.

        Parameters
        ----------
        samples : mapping of int to Samples
            By worker, in the order of its shard.
        """
        have = self.pool.samples
        self.pool.samples = Samples(
            np.concatenate([have.inputs, *(each.inputs for each in samples.values())]),
            np.concatenate([have.targets, *(each.targets for each in samples.values())]),
        )
        known = len(have.inputs)
        for worker, each in samples.items():
            stand_ins = np.arange(len(have.inputs))
            stand_ins[self.shards[worker]] = known + np.arange(len(each.inputs))
            known += len(each.inputs)
            self._stand_ins[worker] = stand_ins
            self.mislead(worker, on=True)

    def mislead(self, worker: int, *, on: bool) -> None:
        """Let *worker*, whose samples were poisoned, use those from now on, or its true ones."""
        (self._misled.add if on else self._misled.discard)(worker)

    def statistics(self) -> Floats:
        """Return the running statistics (s,) averaged over the workers."""
        if not self.model.statistics.size:
            return self.model.statistics
        running = np.stack([self.pool.running(worker) for worker in range(len(self.shards))])
        return np.asarray(running.mean(axis=0, dtype=np.float64), np.float32)

    def evaluate(
        self,
        parameters: Floats,
        workers: Sequence[int] | None = None,
        statistics: Floats | None = None,
    ) -> Evaluation:
        """Return loss and accuracy on the test samples.

        Parameters
        ----------
        parameters : array, shape (d,) or (P, d)
        workers : sequence of int, optional
            Whose running statistics go with each of (P, d) parameters, where a model takes any;
            else their average over all workers does.
        statistics : array, shape (s,), optional
            Those of an earlier time, in place of today's.
        """
        if statistics is not None:
            return self.model.evaluate(parameters, *self.data.test, statistics)
        return self._on(self.data.test, parameters, workers)

    def evaluate_on(self, samples: Samples, parameters: Floats) -> Evaluation:
        """Return loss and accuracy of *parameters* (d,) on samples of any kind."""
        return self._on(samples, parameters, None)

    def validation_loss(self, parameters: Floats) -> float:
        """Return the loss of *parameters* (d,) on the samples kept for validation.

        Raises
        ------
        DataError
            If there are none.
        """
        if self.data.validation is None:
            raise DataError('validation: no samples are kept for it; draw with a share of them.')
        return float(self._on(self.data.validation, parameters, None).loss)

    def training_loss(
        self, parameters: Floats, workers: Sequence[int] | None = None
    ) -> NDArray[np.float64]:
        """Return the loss on all training samples, as `evaluate` does on those for testing."""
        return self._on(self.data.train, parameters, workers).loss

    def _regularized(self, model: Model) -> Model:
        return self._regularization.model(model) if self._regularization else model

    def _on(
        self, samples: Samples, parameters: Floats, workers: Sequence[int] | None
    ) -> Evaluation:
        if workers is None:
            statistics = self.statistics()
        else:
            statistics = np.stack([self.pool.running(worker) for worker in workers])
        return self.model.evaluate(parameters, *samples, statistics)


def deal(
    data: Dataset,
    partition: Callable[..., Shards],
    *,
    workers: int,
    seeds: Seeds,
    validation: float | None = None,
    augmentation: Augmentation | None = None,
) -> tuple[Dataset, Shards]:
    """Keep samples for validation, deal the rest to the workers, and vary what each has.

    Parameters
    ----------
    data : Dataset
    partition : callable
        An entry of `PARTITIONS`, its options bound.
    workers : int
    seeds : Seeds
        Streams ``validation``, ``partition`` and ``augmentation``.
    validation : float, optional
        Share of the training samples.
    augmentation : Augmentation, optional

    Raises
    ------
    DataError
        If there are too few samples, or of another kind than asked for.
    """
    if validation is not None:
        data = with_validation(data, validation, seeds.stream('validation'))
    by_column = getattr(partition, 'name', None) in BY_COLUMN
    known = data.columns if by_column else data.train.targets
    shards = partition(seeds.stream('partition'), known, workers)
    if augmentation is None:
        return data, shards
    return augmented(data, shards, augmentation, seeds.stream('augmentation'))


def _each(batch: int | Sequence[int | None] | None, shards: Shards) -> Sequence[int | None]:
    return batch if isinstance(batch, Sequence) else [batch] * len(shards)
