"""A chain of layers and a loss: the engine behind the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import DIVERGENCE, Floats, chunks, reuse_freed_memory
from simulator.learning.models.activations import ACTIVATIONS
from simulator.learning.models.judging import judged, slopes_of
from simulator.learning.models.layer import Aside, Layer, Views, Weight, sequence
from simulator.learning.models.losses import CROSS_ENTROPY, Loss
from simulator.learning.models.model import Array, Evaluation, Gradients, Part

SAMPLES = 512
"""Samples evaluated at once (steps, of sequences). Fixed, so that what stands beside a sample
changes nothing."""


MOST_PARAMETERS = 100_000_000
"""Keeps a typo from eating the memory."""


class Network:
    """A model made of layers, one after the other; `Model` says what it answers.

    Parameters
    ----------
    chain : sequence of Layer
        The outputs of the last are one row a sample, or one for each of its last steps.
    loss : Loss

    Attributes
    ----------
    loss : Loss
        By which it is evaluated.
    chain : tuple of Layer
    training_loss : Loss
        Whose slopes are its gradients: the same, unless a teacher asks for another.

    Examples
    --------
    >>> from simulator.learning.models.dense import dense
    >>> from simulator.learning.models.losses import SQUARED_ERROR
    >>> network = Network([dense(2, 1, 'zeros')], SQUARED_ERROR)
    >>> network.dimension, network.layers[0].arrays['bias']
    (3, Array(place=slice(2, 3, None), shape=(1,)))
    >>> xor = np.array([[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]])
    >>> losses, gradients, _ = network.losses_and_gradients(
    ...     np.zeros((1, 3)), xor, np.array([[[0.0], [1], [1], [0]]])
    ... )
    >>> losses, gradients
    (array([0.25]), array([[-0.25, -0.25, -0.5 ]]))
    """

    def __init__(self, chain: Sequence[Layer], loss: Loss):
        reuse_freed_memory()
        self.loss = loss
        self.training_loss = loss
        self.layers = tuple(_parts(chain))
        self.chain = tuple(chain)
        self._body = sequence(chain)
        self._weights = list(_places(self._body.weights))
        self._statistics = list(_places(self._body.statistics))
        self.dimension = _size(self._body.weights)
        if self.dimension > MOST_PARAMETERS:
            raise DataError(
                f'model: {self.dimension:,} parameters are over the limit of {MOST_PARAMETERS:,}; '
                'let a small model stand for a large one.'
            )
        self.bytes = 4 * self.dimension
        self.forward_flops = self._body.flops
        self.noise = self._body.noise
        # these are constants, no stream matters
        self.statistics = _drawn(self._body.statistics, np.random.default_rng(0))
        self._kept_per_sample = sum(prod(layer.outputs) + layer.scratch for layer in chain)
        ends = chain[-1].outputs
        self._predicts_tokens = len(ends) > 1 and loss is CROSS_ENTROPY
        self._at_once = max(1, SAMPLES // ends[0]) if len(ends) > 1 else SAMPLES

    def init(self, rng: np.random.Generator) -> Floats:
        """Draw parameters (d,), layer by layer."""
        return _drawn(self._body.weights, rng)

    @DIVERGENCE
    def outputs(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Floats:
        """Return what the last layer of each worker (W, d) says of its inputs (W, B, ...)."""
        parameters = _rows(parameters)
        running = self._running(len(parameters), statistics)
        return self._answers(parameters, _samples(parameters, inputs), running)

    @DIVERGENCE
    def signals(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Iterator[tuple[str, Floats]]:
        """Yield what leaves each layer that bends its units, (N, ..., units), with its name."""
        stack = _rows(parameters[None])
        weights = iter(_views(stack, self._weights))
        running = iter(_views(self._running(1, statistics), self._statistics))
        signal: Floats = _samples(stack, inputs[None])
        for layer, part in zip(self.chain, self.layers, strict=True):
            mine = list(islice(weights, len(layer.weights)))
            known = list(islice(running, len(layer.statistics)))
            aside = Aside(False, statistics=known, present=_present(inputs[None]))
            signal = layer.forward(mine, signal, aside)[0]
            if layer.name in ACTIVATIONS:
                yield part.name, signal[0]

    @DIVERGENCE
    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return each worker's loss (W,) and gradient (W, d), a cacheful of workers at a time."""
        if self.noise != (0 if noise is None else noise.shape[-1]):
            raise ValueError(f'noise: this model takes {self.noise} draws a sample in training.')
        parameters = _rows(parameters)
        inputs = _samples(parameters, inputs)
        result = self._room(len(parameters), parameters.dtype)
        for chunk in chunks(len(parameters), self.footprint(inputs.shape[1])):
            part = Gradients(*(array[chunk] for array in result))
            draws = None if noise is None else noise[chunk]
            self._fill(part, parameters[chunk], inputs[chunk], targets[chunk], draws)
        return result

    @DIVERGENCE
    def together(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return what `losses_and_gradients` does, for layers in which workers work together.

        All are computed at once. What a worker leaves out of its gradient is nan.
        """
        parameters = _rows(parameters)
        result = self._room(len(parameters), parameters.dtype)
        result.gradients.fill(np.nan)
        self._fill(result, parameters, _samples(parameters, inputs), targets, noise)
        return result

    @DIVERGENCE
    def evaluate(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        statistics: Floats | None = None,
    ) -> Evaluation:
        """Return loss and accuracy of one vector (d,), or of each of many (W, d)."""
        stack = _rows(parameters.reshape(-1, self.dimension))
        running = self._running(len(stack), statistics)
        inputs = _samples(stack, inputs)
        totals = np.zeros((3, len(stack)))
        for start in range(0, len(inputs), self._at_once):
            some = slice(start, start + self._at_once)
            for chunk in chunks(len(stack), self.footprint(self._at_once)):
                totals[:, chunk] += self._sums(
                    stack[chunk], inputs[some], targets[some], running[chunk]
                )
        losses, accuracies, counts = totals.reshape(3, *parameters.shape[:-1])
        loss = losses / counts
        perplexity = np.exp(loss) if self._predicts_tokens else np.full_like(loss, np.nan)
        return Evaluation(loss, accuracies / counts, perplexity)

    def footprint(self, batch: int) -> float:
        """Return the bytes of parameters, activations and the gradients by both, a worker."""
        return 8.0 * (self.dimension + batch * self._kept_per_sample)

    def _room(self, workers: int, dtype: np.dtype[Any]) -> Gradients:
        return Gradients(
            np.empty(workers, dtype),
            np.empty((workers, self.dimension), dtype),
            np.empty((workers, self.statistics.size), dtype),
        )

    def _running(self, workers: int, statistics: Floats | None) -> Floats:
        known = self.statistics if statistics is None else statistics
        return np.broadcast_to(known, (workers, self.statistics.size))

    def _answers(self, parameters: Floats, samples: NDArray[Any], running: Floats) -> Floats:
        statistics = _views(running, self._statistics)
        aside = Aside(training=False, statistics=statistics, present=_present(samples))
        return self._body.forward(_views(parameters, self._weights), samples, aside)[0]

    def _fill(
        self,
        result: Gradients,
        parameters: Floats,
        samples: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None,
    ) -> None:
        statistics = _views(result.statistics, self._statistics)
        aside = Aside(True, noise, statistics, _present(samples))
        outputs, pull = self._body.forward(_views(parameters, self._weights), samples, aside)
        result.losses[...], upstream = slopes_of(self.training_loss, outputs, targets)
        pull(upstream, _views(result.gradients, self._weights), False)

    def _sums(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        running: Floats,
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        workers = len(parameters)
        samples = np.broadcast_to(inputs, (workers, *inputs.shape))
        outputs = self._answers(parameters, samples, running)
        shared = np.broadcast_to(targets, (workers, *targets.shape))
        return judged(self.loss, outputs, shared)


def _places(weights: Sequence[Weight], start: int = 0) -> Iterator[Array]:
    for weight in weights:
        stop = start + prod(weight.shape)
        yield Array(slice(start, stop), weight.shape)
        start = stop


def _size(weights: Sequence[Weight]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _parts(chain: Sequence[Layer]) -> Iterator[Part]:
    start = 0
    for number, layer in enumerate(chain, start=1):
        names = [weight.name for weight in layer.weights]
        arrays = dict(zip(names, _places(layer.weights, start), strict=True))
        stop = start + _size(layer.weights)
        name, place = f'{number}-{layer.name}', slice(start, stop)
        yield Part(name, place, arrays, layer.flops, layer.outputs, layer.scratch)
        start = stop


def _drawn(weights: Sequence[Weight], rng: np.random.Generator) -> Floats:
    drawn = [weight.draw(rng, weight.shape).ravel() for weight in weights]
    return np.concatenate([*drawn, np.empty(0)]).astype(np.float32)


def _views(stack: Floats, places: Sequence[Array]) -> Views:
    return [stack[:, place].reshape(len(stack), *shape) for place, shape in places]


def _rows(parameters: Floats) -> Floats:
    # BLAS takes rows as they are; anything else would go another way, to other last bits
    if parameters.strides[-1] == parameters.itemsize:
        return parameters
    return np.ascontiguousarray(parameters)


def _samples(parameters: Floats, inputs: NDArray[Any]) -> NDArray[Any]:
    # tokens stay whole numbers
    dtype = parameters.dtype if inputs.dtype.kind == 'f' else inputs.dtype
    return np.ascontiguousarray(inputs, dtype)


def _present(samples: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Return which tokens are there; None where all are, or samples are no tokens."""
    if samples.dtype.kind not in 'iu' or not (samples < 0).any():
        return None
    return samples >= 0
