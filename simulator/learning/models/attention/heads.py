"""Multi-head scaled dot-product attention: of a sequence to itself, or of an answer to a source."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats
from simulator.learning.models.dense import summed
from simulator.learning.models.initialization import Fans, Initialization, drawing, zeros
from simulator.learning.models.layer import Aside, Layer, Pull, Views, Weight
from simulator.learning.models.splits import Block, Heads, Piece

OutPull = Callable[[Floats, Views], Floats]

Mask = NDArray[np.bool_] | None
"""Which queries may see which keys, broadcast to (W, B, heads, queries, keys); None: all."""


def attention(steps: int, width: int, heads: int, causal: bool, init: Initialization) -> Layer:
    """Let each step look at all steps, or (*causal*) at those up to itself.

    Every head takes queries Q, keys K and values V of the steps, each *width*/*heads* units, and
    says softmax(Q K^T / sqrt(width/heads)) V; what the heads say is weighed once more. Steps
    that are not there are not looked at.

    References
    ----------
    .. [1] Vaswani et al., "Attention Is All You Need", NeurIPS 2017.

    Examples
    --------
    >>> layer = attention(16, 32, 2, causal=True, init='glorot_uniform')
    >>> [(weight.name, weight.shape) for weight in layer.weights][::2]
    [('queries_keys_values', (32, 96)), ('output', (32, 32))]
    """
    layer = _self_attention(steps, width, heads, width // heads, causal, init)

    def part(some: slice) -> Block:
        own = _self_attention(steps, width, some.stop - some.start, width // heads, causal, init)
        columns = _columns(3, heads, width // heads, some)
        return _part(own, [columns, columns], some, width // heads)

    return layer._replace(split=Heads(heads, steps * width, part))


def _self_attention(
    steps: int, width: int, heads: int, units: int, causal: bool, init: Initialization
) -> Layer:
    """Let so many heads, of so many units each, look at steps of so much width."""

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        workers, batch, length = samples.shape[:3]
        rows = samples.reshape(workers, -1, width)
        inner = np.matmul(rows, weights[0])
        inner += weights[1][:, None]
        inner = inner.reshape(workers, batch, length, 3, heads, -1)
        mask = _both(_triangle(length) if causal else None, aside.present)
        queries, keys, values = _parts(inner)
        looks = Looks.of(queries, keys, values, mask)
        outputs, out_pull = _weigh_out(looks.said, weights[2:])

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            below = np.empty_like(inner)
            looks.back(out_pull(upstream, gradients[2:]), *_parts(below))
            return _weigh_back(below, rows, weights[0], gradients, samples, wanted)

        return outputs, pull

    inner = heads * units
    return Layer(
        'self_attention',
        (steps, width),
        forward,
        (
            *_linear('queries_keys_values', width, 3 * inner, init, width),
            *_linear('output', inner, width, init, width),
        ),
        flops=_flops(steps, steps, width, steps * 3) * inner / width,
        scratch=3 * steps * inner,  # the rest comes and goes within one worker's cache
    )


def cross_attention(source: int, steps: int, width: int, heads: int, init: Initialization) -> Layer:
    """Let each step of an answer look at all steps of the source that stands before it.

    Takes the source and the answer, (source + steps, width); gives the answer's (steps, width).

    References
    ----------
    .. [1] Vaswani et al., "Attention Is All You Need", NeurIPS 2017.

    Examples
    --------
    >>> cross_attention(8, 4, 32, 2, 'glorot_uniform').outputs
    (4, 32)
    """
    layer = _cross_attention(source, steps, width, heads, width // heads, init)

    def part(some: slice) -> Block:
        count, units = some.stop - some.start, width // heads
        own = _cross_attention(source, steps, width, count, units, init)
        asked, told = (_columns(parts, heads, units, some) for parts in (1, 2))
        return _part(own, [asked, asked, told, told], some, units)

    return layer._replace(split=Heads(heads, (source + steps) * width, part))


def _cross_attention(
    source: int, steps: int, width: int, heads: int, units: int, init: Initialization
) -> Layer:
    """Let so many heads, of so many units each, look at the steps of a source."""

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        workers, batch = samples.shape[:2]
        memory, asking = samples[:, :, :source], samples[:, :, source:]
        seen, rows = (each.reshape(workers, -1, width) for each in (memory, asking))
        queries = (np.matmul(rows, weights[0]) + weights[1][:, None]).reshape(
            workers, batch, -1, heads, units
        )
        pairs = (np.matmul(seen, weights[2]) + weights[3][:, None]).reshape(
            workers, batch, source, 2, heads, -1
        )
        there = None if aside.present is None else aside.present[:, :, :source]
        keys, values = _parts(pairs)
        looks = Looks.of(queries, keys, values, _both(None, there))
        outputs, out_pull = _weigh_out(looks.said, weights[4:])

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            by_queries, by_pairs = np.empty_like(queries), np.empty_like(pairs)
            above = out_pull(upstream, gradients[4:])
            looks.back(above, by_queries, *_parts(by_pairs))
            late = _weigh_back(by_queries, rows, weights[0], gradients, asking, wanted)
            early = _weigh_back(by_pairs, seen, weights[2], gradients[2:], memory, wanted)
            return None if early is None or late is None else np.concatenate([early, late], axis=2)

        return outputs, pull

    inner = heads * units
    return Layer(
        'cross_attention',
        (steps, width),
        forward,
        (
            *_linear('queries', width, inner, init, width),
            *_linear('keys_values', width, 2 * inner, init, width),
            *_linear('output', inner, width, init, width),
        ),
        flops=_flops(steps, source, width, steps + 2 * source) * inner / width,
        scratch=(2 * source + steps) * inner,
    )


def _columns(parts: int, heads: int, units: int, some: slice) -> NDArray[np.int64]:
    """Return which columns of a matrix (width, parts * heads * units) are those of some heads."""
    return np.arange(parts * heads * units).reshape(parts, heads, units)[:, some].ravel()


def _part(layer: Layer, columns: list[NDArray[np.int64]], some: slice, units: int) -> Block:
    """Return the block of some heads; what they say is weighed without the bias.

    *columns* are those of the arrays before, matrices and biases by turns.
    """
    inner = [Piece(number, 1 - number % 2, each) for number, each in enumerate(columns)]
    rows = Piece(len(columns), 0, slice(some.start * units, some.stop * units))
    return Block(layer._replace(weights=layer.weights[:-1]), (*inner, rows))


class Looks(NamedTuple):
    """What queries have seen among keys.

    Attributes
    ----------
    queries, keys, values : array, shape (W, B, heads, steps, units)
        Views.
    weights : array, shape (W, B, heads, queries, keys)
        How much of each value; they sum to 1.
    said : array, shape (W, B, queries, heads * units)
    """

    queries: Floats
    keys: Floats
    values: Floats
    weights: Floats
    said: Floats

    @classmethod
    def of(cls, queries: Floats, keys: Floats, values: Floats, mask: Mask) -> Looks:
        """Return what comes of queries, keys and values (W, B, steps, heads, units)."""
        said = np.empty(queries.shape, queries.dtype)
        asked, held, told, out = (each.swapaxes(2, 3) for each in (queries, keys, values, said))
        scores = np.matmul(asked, held.swapaxes(3, 4))
        scores *= scores.dtype.type(1 / sqrt(queries.shape[-1]))
        if mask is not None:
            scores = np.where(mask, scores, scores.dtype.type(-np.inf))
        weights = _softmax(scores)
        out[...] = np.matmul(weights, told)
        return cls(asked, held, told, weights, said.reshape(*said.shape[:3], -1))

    def back(self, upstream: Floats, queries: Floats, keys: Floats, values: Floats) -> None:
        """Fill in the gradients by queries, keys and values (W, B, steps, heads, units)."""
        workers, batch, heads, steps, units = self.queries.shape
        above = upstream.reshape(workers, batch, steps, heads, units).swapaxes(2, 3)
        values.swapaxes(2, 3)[...] = np.matmul(self.weights.swapaxes(3, 4), above)
        slopes = np.matmul(above, self.values.swapaxes(3, 4))
        slopes *= self.weights
        slopes -= self.weights * _rowsum(slopes)
        slopes *= slopes.dtype.type(1 / sqrt(units))
        queries.swapaxes(2, 3)[...] = np.matmul(slopes, self.keys)
        keys.swapaxes(2, 3)[...] = np.matmul(slopes.swapaxes(3, 4), self.queries)


def _parts(inner: Floats) -> tuple[Floats, ...]:
    """Return views on queries, keys and values of (W, B, steps, parts, heads, units)."""
    return tuple(inner[:, :, :, part] for part in range(inner.shape[3]))


def _softmax(scores: Floats) -> Floats:
    """Turn scores into shares of 1 in each row, where they stand."""
    # relative to the largest, so that nothing overflows
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= _rowsum(scores)
    return scores


def _rowsum(scores: Floats) -> Floats:
    rows = scores.reshape(len(scores), -1, scores.shape[-1])
    sums: Floats = np.matmul(rows, np.ones((rows.shape[-1], 1), rows.dtype))
    return sums.reshape(*scores.shape[:-1], 1)


def _triangle(length: int) -> NDArray[np.bool_]:
    return np.tri(length, dtype=bool)


def _both(triangle: Mask, present: Mask) -> Mask:
    """Return the mask of what may be seen, and is there."""
    if present is None:
        return triangle
    there = present[:, :, None, None]
    return there if triangle is None else triangle & there


def _weigh_out(said: Floats, weights: Views) -> tuple[Floats, OutPull]:
    """Weigh what all heads say, with a matrix and, where there is one, a bias."""
    workers, matrix = len(said), weights[0]
    rows = said.reshape(workers, -1, said.shape[-1])
    outputs = np.matmul(rows, matrix)
    if len(weights) > 1:
        outputs += weights[1][:, None]

    def pull(upstream: Floats, gradients: Views) -> Floats:
        above = upstream.reshape(workers, -1, matrix.shape[-1])
        np.matmul(rows.swapaxes(1, 2), above, out=gradients[0])
        if len(weights) > 1:
            gradients[1][...] = summed(above)
        below: Floats = np.matmul(above, matrix.swapaxes(1, 2)).reshape(said.shape)
        return below

    return outputs.reshape(*said.shape[:-1], -1), pull


def _weigh_back(
    below: Floats, rows: Floats, matrix: Floats, gradients: Views, samples: Floats, wanted: bool
) -> Floats | None:
    """Go back through a matrix and bias, the first two of *gradients*, to the *samples*."""
    above = below.reshape(len(below), rows.shape[1], -1)
    np.matmul(rows.swapaxes(1, 2), above, out=gradients[0])
    gradients[1][...] = summed(above)
    if not wanted:
        return None
    result: Floats = np.matmul(above, matrix.swapaxes(1, 2)).reshape(samples.shape)
    return result


def _linear(
    name: str, inputs: int, units: int, init: Initialization, width: int
) -> tuple[Weight, Weight]:
    # each of queries, keys, values is a matrix of its own, and so is what is said
    draw = drawing(init, Fans(width, width))
    return Weight(name, (inputs, units), draw), Weight(f'{name}_bias', (units,), zeros)


def _flops(queries: int, keys: int, width: int, rows: int) -> float:
    """Count products with weights (2 a weight), scores, values, and the softmax (about 5 each)."""
    return 2.0 * (rows + queries) * width * width + queries * keys * (4.0 * width + 5.0)
