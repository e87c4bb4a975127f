"""Language models that count: n-grams, with smoothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Gt, Le, Lt
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import DIVERGENCE, Floats, chunks
from simulator.learning.models.judging import judged
from simulator.learning.models.losses import CROSS_ENTROPY
from simulator.learning.models.model import Array, Evaluation, Gradients, Part
from simulator.learning.models.network import MOST_PARAMETERS
from simulator.learning.task import Task

Smoothing = Literal['witten_bell', 'interpolated', 'additive']
Tokens = NDArray[np.integer[Any]]

USUAL: dict[Smoothing, float | None] = {'witten_bell': None, 'interpolated': 0.3, 'additive': 0.1}
TOKENS = 4096
"""Tokens looked at at once in an evaluation."""


def ngram(
    task: Task,
    *,
    n: Annotated[int, Gt(0), Le(8)] = 3,
    smoothing: Smoothing = 'witten_bell',
    amount: Annotated[float, Gt(0), Lt(1000)] | None = None,
) -> Ngram:
    """Count how often each token follows the n - 1 before it: a language model without a slope.

    Its parameters are the counts of all k-grams, k = 1..n, in dense tables of
    vocabulary^k numbers. What a worker sends as a gradient is minus the counts of its batch, so
    that plain sgd adds them up, whatever the way of aggregation; as that takes the mean over
    workers, ``sgd: {rate: W}`` with W workers makes them whole counts, and after one epoch those
    of the training set. A smaller rate gives the same frequencies, but smoothing weighs more.

    Parameters
    ----------
    task : Task
    n : int
        Tokens of the longest grams.
    smoothing : str
        What becomes of grams never seen. ``witten_bell``: p_k = (count + types p_{k-1}) /
        (total + types), with as many types as different tokens have followed this context;
        ``interpolated`` (Jelinek & Mercer): p_k = (1 - amount) count / total + amount p_{k-1};
        ``additive`` (Laplace): (count + amount) / (total + amount V). p_0 is 1/V, and contexts
        never seen, or cut off by the beginning, are shortened.
    amount : float
        Of the smoothing: by default 0.3 where interpolated, 0.1 where additive.

    Returns
    -------
    Ngram

    Raises
    ------
    DataError
        If no next tokens are asked for, or there are too many grams.

    References
    ----------
    .. [1] Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27,
       1948.
    .. [2] Jelinek & Mercer, "Interpolated estimation of Markov source parameters from sparse
       data", Pattern Recognition in Practice, 1980.
    .. [3] Witten & Bell, "The zero-frequency problem", IEEE Transactions on Information Theory
       37, 1991.

    Examples
    --------
    >>> model = ngram(Task((8,), 3, tokens=3, steps=8, causal=True), n=2)
    >>> model.dimension, [layer.name for layer in model.layers]
    (12, ['1-gram', '2-gram'])
    """
    if not (task.tokens and task.causal and task.steps == task.inputs[0]):
        raise DataError('ngram: tells next tokens; take data that ask for them, such as text.')
    if amount is not None and USUAL[smoothing] is None:
        raise DataError(f'ngram: {smoothing} has no amount; leave it out.')
    if smoothing == 'interpolated' and amount is not None and amount >= 1:
        raise DataError(f'ngram: amount(={amount:g}) is a share below 1 where interpolated.')
    return Ngram(task, n, smoothing, amount if amount is not None else USUAL[smoothing] or 0.0)


class Ngram:
    """Counts of grams as a model; `Model` says what it answers."""

    def __init__(self, task: Task, n: int, smoothing: Smoothing, amount: float):
        self.n, self.tokens = n, task.tokens
        self._smoothing, self._amount = smoothing, amount
        self.dimension = sum(task.tokens**k for k in range(1, n + 1))
        if self.dimension > MOST_PARAMETERS:
            raise DataError(
                f'ngram: {self.dimension:,} grams of up to {n} tokens are over the limit of '
                f'{MOST_PARAMETERS:,}; take a smaller n(={n}) or vocabulary(={task.tokens}).'
            )
        self._steps = task.steps
        self.layers = tuple(self._parts(task.steps))
        self.bytes = 4 * self.dimension
        self.forward_flops = sum(layer.flops for layer in self.layers)
        self.noise = 0
        self.statistics = np.empty(0, np.float32)

    def init(self, rng: np.random.Generator) -> Floats:
        """Return counts of 0; nothing is drawn."""
        return np.zeros(self.dimension, np.float32)

    @DIVERGENCE
    def outputs(
        self, parameters: Floats, inputs: Tokens, statistics: Floats | None = None
    ) -> Floats:
        """Return the logarithms of the probabilities of all tokens, at each step, (W, B, T, V)."""
        shares = np.full((*inputs.shape, self.tokens), 1 / self.tokens, parameters.dtype)
        for order in range(1, self.n + 1):
            contexts, whole = contexts_of(inputs, order, self.tokens)
            counts = self._rows(parameters, contexts, order)
            totals = counts.sum(axis=-1, keepdims=True)
            # where it has diverged, to nan, that should show
            known = ~(totals <= 0) & whole[..., None]
            shares = np.where(known, self._smoothed(counts, totals, shares), shares)
        logs: Floats = np.log(shares)
        return logs

    def signals(
        self, parameters: Floats, inputs: Tokens, statistics: Floats | None = None
    ) -> Iterator[tuple[str, Floats]]:
        """Yield nothing: there are no units."""
        yield from ()

    @DIVERGENCE
    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: Tokens,
        targets: Tokens,
        noise: Floats | None = None,
    ) -> Gradients:
        """Return each worker's cross-entropy (W,), and minus the counts of its batch (W, d)."""
        if noise is not None and noise.shape[-1]:
            raise ValueError('noise: this model takes no draws.')
        losses = np.empty(len(parameters), parameters.dtype)
        for chunk in chunks(len(parameters), self._room(inputs[0].size)):
            outputs = self.outputs(parameters[chunk], inputs[chunk])
            sums, _, counts = judged(CROSS_ENTROPY, outputs, targets[chunk])
            losses[chunk] = sums / np.maximum(1, counts)
        gradients = -self.counts(inputs, targets).astype(parameters.dtype)
        return Gradients(losses, gradients, np.empty((len(parameters), 0), parameters.dtype))

    def counts(self, inputs: Tokens, targets: Tokens) -> Floats:
        """Return how often each gram stands in samples (W, B, T), (W, d)."""
        found = np.zeros((len(inputs), self.dimension))
        starts = self.dimension * np.arange(len(inputs))[:, None, None]
        for order in range(1, self.n + 1):
            contexts, whole = contexts_of(inputs, order, self.tokens)
            places = starts + self._start(order) + contexts * self.tokens + targets
            np.add.at(found.reshape(-1), places[whole & (targets >= 0)], 1.0)
        return found

    @DIVERGENCE
    def evaluate(
        self,
        parameters: Floats,
        inputs: Tokens,
        targets: Tokens,
        statistics: Floats | None = None,
    ) -> Evaluation:
        """Return loss, accuracy and perplexity of one vector (d,), or of each of many (W, d)."""
        stack, totals = parameters.reshape(-1, self.dimension), []
        size = max(1, TOKENS // inputs.shape[1])
        for row in stack:
            total = np.zeros(3)
            for start in range(0, len(inputs), size):
                some = slice(start, start + size)
                outputs = self.outputs(row[None], inputs[None, some])
                total += np.ravel(judged(CROSS_ENTROPY, outputs, targets[None, some]))
            totals.append(total)
        losses, right, counts = np.array(totals).T.reshape(3, *parameters.shape[:-1])
        loss = losses / counts
        return Evaluation(loss, right / counts, np.exp(loss))

    def unseen(self, parameters: Floats, inputs: Tokens, targets: Tokens) -> list[float]:
        """Return the share of grams of samples (N, T) that were never counted, by their length."""
        shares = []
        for order in range(1, self.n + 1):
            contexts, whole = contexts_of(inputs, order, self.tokens)
            asked = whole & (targets >= 0)
            places = self._start(order) + (contexts * self.tokens + targets)[asked]
            shares.append(float((parameters[places] <= 0).mean()))
        return shares

    def footprint(self, batch: int) -> float:
        """Return about how many bytes a worker's gradient on *batch* samples touches."""
        counts: float = 16.0 * self.dimension
        return counts + self._room(batch * self._steps)

    def _room(self, tokens: int) -> float:
        return 16.0 * tokens * self.tokens

    def _start(self, order: int) -> int:
        start: int = self.layers[order - 1].place.start
        return start

    def _rows(self, parameters: Floats, contexts: Tokens, order: int) -> Floats:
        """Return the counts of what has followed each context, (W, B, T, V); none below 0."""
        place, _ = self.layers[order - 1].arrays['counts']
        tables = parameters[:, place].reshape(len(parameters), -1, self.tokens)
        workers = np.arange(len(parameters))[:, None, None]
        counts: Floats = np.maximum(tables[workers, contexts], 0)
        return counts

    def _smoothed(self, counts: Floats, totals: Floats, shorter: Floats) -> Floats:
        if self._smoothing == 'additive':
            return (counts + self._amount) / (totals + self._amount * self.tokens)
        if self._smoothing == 'interpolated':
            return (1 - self._amount) * counts / totals + self._amount * shorter
        types = (counts > 0).sum(axis=-1, keepdims=True).astype(counts.dtype)
        shares: Floats = (counts + types * shorter) / (totals + types)
        return shares

    def _parts(self, steps: int) -> Iterator[Part]:
        start = 0
        for order in range(1, self.n + 1):
            stop = start + self.tokens**order
            place = slice(start, stop)
            arrays = {'counts': Array(place, (self.tokens,) * order)}
            # a row of counts is added up, and made shares of
            yield Part(f'{order}-gram', place, arrays, 2.0 * steps * self.tokens)
            start = stop


def contexts_of(
    inputs: Tokens, order: int, tokens: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the number of the context, order - 1 tokens, of what follows each token.

    Parameters
    ----------
    inputs : array of int, shape (..., T)
    order : int
        Tokens of a gram.
    tokens : int
        Size of the vocabulary.

    Returns
    -------
    array of int, array of bool
        Of the shape of the inputs: the context as a number in base *tokens*, and whether all of
        it is there.

    Examples
    --------
    >>> contexts_of(np.array([2, 1, 0]), 3, 10)
    (array([ 0, 21, 10]), array([False,  True,  True]))
    """
    whole, number = inputs >= 0, np.zeros(inputs.shape, np.int64)
    length = inputs.shape[-1]
    for back in range(order - 1):
        if back:
            whole = whole & (np.arange(length) >= back)
        earlier = np.zeros(inputs.shape, np.int64)
        earlier[..., back:] = np.maximum(inputs[..., : length - back], 0)
        number += earlier * tokens**back
    return np.where(whole, number, 0), whole
