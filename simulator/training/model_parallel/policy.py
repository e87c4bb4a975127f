"""A sequence-to-sequence policy: reads groups of operations, emits a device for each."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats
from simulator.learning.models.recurrent.cell import Unrolled
from simulator.learning.models.recurrent.memory import lstm_cell

__all__ = ['Decisions', 'Policy']

Integers = NDArray[np.int64]

_SMALL = 0.1  # deviation of the weights to begin with
CELL = lstm_cell(1.0, lambda _, __: lambda rng, shape: _SMALL * rng.standard_normal(shape))


class Decisions(NamedTuple):
    """What was decided, and how likely all else was.

    Attributes
    ----------
    devices : int array, shape (T, B)
    chances : array, shape (T, K, B)
    """

    devices: Integers
    chances: Floats


class _Decoded(NamedTuple):
    unrolled: Unrolled
    states: Floats  # (T, H, B)
    attention: Floats  # (T, T, B)
    context: Floats  # (T, H, B)
    chances: Floats  # (T, K, B)


class Policy:
    """An encoder, and a decoder that attends to it, both LSTMs; parameters are one vector.

    Parameters
    ----------
    features : array, shape (T, F)
        Of each group.
    allowed : array of bool, shape (T, K)
        Where it may go.
    prior : array, shape (K,)
        How likely each device is to begin with, up to a factor.
    units : int
        H.

    References
    ----------
    .. [1] Mirhoseini et al., "Device Placement Optimization with Reinforcement Learning", ICML
       2017.
    .. [2] Luong, Pham & Manning, "Effective Approaches to Attention-based Neural Machine
       Translation", EMNLP 2015.
    """

    def __init__(self, features: Floats, allowed: NDArray[np.bool_], prior: Floats, units: int):
        self.features, self.units = features, units
        self._closed = np.where(allowed, 0.0, -np.inf)[:, :, None]
        self._prior = np.log(prior / prior.sum())
        devices, inputs = len(prior), features.shape[1]
        self._shapes = {
            'read': (inputs, 4 * units),
            'read_bias': (4 * units,),
            'encode': (units, 4 * units),
            'said': (devices + 1, 4 * units),  # the last row: nothing yet
            'aligned': (units, 4 * units),
            'decode_bias': (4 * units,),
            'decode': (units, 4 * units),
            'attend': (units, units),
            'emit': (2 * units, devices),
            'emit_bias': (devices,),
        }
        sizes = [int(np.prod(shape)) for shape in self._shapes.values()]
        ends = np.cumsum([0, *sizes]).tolist()
        places = [slice(*pair) for pair in pairwise(ends)]
        self._places = dict(zip(self._shapes, places, strict=True))
        self.dimension = ends[-1]

    def init(self, rng: np.random.Generator) -> Floats:
        """Draw parameters (d,); devices are nearly as likely as the prior says."""
        parameters: Floats = _SMALL * rng.standard_normal(self.dimension)
        views = self.views(parameters)
        views['read_bias'][...] = views['decode_bias'][...] = CELL.bias(self.units)
        views['emit_bias'][...] = self._prior
        return parameters

    def views(self, parameters: Floats) -> dict[str, Floats]:
        """Return the arrays of a vector (d,) by name."""
        arrays: dict[str, Floats] = {
            name: parameters[self._places[name]].reshape(shape)
            for name, shape in self._shapes.items()
        }
        return arrays

    def sample(self, parameters: Floats, rng: np.random.Generator, count: int) -> Decisions:
        """Draw *count* placements, group by group, each knowing those before."""
        weights = self.views(parameters)
        encoded, (hidden, cell) = self._encoded(weights)[:2]
        base = encoded @ weights['aligned'] + weights['decode_bias']
        start = [np.repeat(each, count, axis=2) for each in (hidden, cell)]
        said = np.full(count, weights['said'].shape[0] - 1)
        chosen, chances = [], []
        for step, row in enumerate(base):
            incoming = (row + weights['said'][said]).T[None, None].copy()
            start = CELL.unroll(incoming, [weights['decode'][None]], start, None).final
            found = self._emitted(weights, encoded, start[0], self._closed[step : step + 1])
            said = _drawn(found[2][0], rng)
            chosen.append(said)
            chances.append(found[2][0])
        return Decisions(np.array(chosen), np.array(chances))

    def chances(self, parameters: Floats, devices: Integers) -> Floats:
        """Return how likely each device is (T, K, B), where *devices* (T, B) were emitted."""
        weights = self.views(parameters)
        encoded, final = self._encoded(weights)[:2]
        return self._decoded(weights, encoded, final, devices).chances

    def gradient(self, parameters: Floats, devices: Integers, slopes: Floats) -> Floats:
        """Return the gradient (d,) from those by the scores of the devices, *slopes* (T, K, B)."""
        weights, result = self.views(parameters), np.zeros(self.dimension)
        found = self.views(result)
        encoded, final, encoder = self._encoded(weights)
        decoded = self._decoded(weights, encoded, final, devices)
        upstream, by_encoded = _unemit(weights, encoded, decoded, slopes, found)
        nothing = [np.zeros((1, self.units, devices.shape[1])) for _ in range(2)]
        steps, starts = decoded.unrolled.back(upstream[None], nothing, [found['decode'][None]])
        np.add.at(found['said'], _before(devices, len(found['said'])), steps[0].swapaxes(1, 2))
        base = steps[0].sum(axis=2)
        found['aligned'][...] = encoded.T @ base
        found['decode_bias'][...] = base.sum(axis=0)
        by_encoded += base @ weights['aligned'].T
        ends = [each.sum(axis=2, keepdims=True) for each in starts]
        read, _ = encoder.back(by_encoded[None, :, :, None], ends, [found['encode'][None]])
        found['read'][...] = self.features.T @ read[0, :, :, 0]
        found['read_bias'][...] = read[0, :, :, 0].sum(axis=0)
        return result

    def _encoded(self, weights: dict[str, Floats]) -> tuple[Floats, list[Floats], Unrolled]:
        incoming = self.features @ weights['read'] + weights['read_bias']
        start = [np.zeros((1, self.units, 1)) for _ in range(2)]
        unrolled = CELL.unroll(incoming[None, :, :, None], [weights['encode'][None]], start, None)
        return unrolled.states[0, :, :, 0].copy(), unrolled.final, unrolled

    def _decoded(
        self, weights: dict[str, Floats], encoded: Floats, final: list[Floats], devices: Integers
    ) -> _Decoded:
        base = encoded @ weights['aligned'] + weights['decode_bias']
        said = weights['said'][_before(devices, len(weights['said']))]
        incoming = (base[:, None] + said).swapaxes(1, 2)[None].copy()
        start = [np.repeat(each, devices.shape[1], axis=2) for each in final]
        unrolled = CELL.unroll(incoming, [weights['decode'][None]], start, None)
        states = unrolled.states[0]
        found = self._emitted(weights, encoded, states, self._closed)
        return _Decoded(unrolled, states, *found)

    def _emitted(
        self, weights: dict[str, Floats], encoded: Floats, states: Floats, closed: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Return attention (t, T, B), context (t, H, B), chances (t, K, B) of states (t, H, B)."""
        attention = _softmax(encoded @ (weights['attend'] @ states))
        context = encoded.T @ attention
        both = np.concatenate([states, context], axis=1)
        scores = weights['emit'].T @ both + weights['emit_bias'][:, None]
        return attention, context, _softmax(scores + closed)


def _unemit(
    weights: dict[str, Floats],
    encoded: Floats,
    decoded: _Decoded,
    slopes: Floats,
    found: dict[str, Floats],
) -> tuple[Floats, Floats]:
    """Return the gradients by the decoder's states (T, H, B), and by the encoder's (T, H)."""
    units, states, attention = encoded.shape[1], decoded.states, decoded.attention
    both = np.concatenate([states, decoded.context], axis=1)
    found['emit'][...] = _together(both, slopes)
    found['emit_bias'][...] = slopes.sum(axis=(0, 2))
    below = weights['emit'] @ slopes
    by_states, by_context = below[:, :units], below[:, units:]
    by_attention = encoded @ by_context
    mean = (attention * by_attention).sum(axis=1, keepdims=True)
    by_scores = attention * (by_attention - mean)
    asked, by_asked = weights['attend'] @ states, encoded.T @ by_scores
    found['attend'][...] = _together(by_asked, states)
    by_encoded = _together(attention, by_context)
    by_encoded += _together(by_scores, asked)
    return by_states + weights['attend'].T @ by_asked, by_encoded


def _together(left: Floats, right: Floats) -> Floats:
    """Return (a, c), the sums over steps and batch of products of (T, a, B) with (T, c, B)."""
    sums: Floats = np.tensordot(left, right, ((0, 2), (0, 2)))
    return sums


def _softmax(scores: Floats) -> Floats:
    chances: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return chances


def _before(devices: Integers, rows: int) -> Integers:
    """Return what was said before each step: nothing at the first."""
    return np.concatenate([np.full_like(devices[:1], rows - 1), devices[:-1]])


def _drawn(chances: Floats, rng: np.random.Generator) -> Integers:
    """Draw a device for each column of (K, B)."""
    sums = chances.cumsum(axis=0)
    drawn = rng.random(chances.shape[1]) * sums[-1]
    return np.asarray((sums <= drawn).sum(axis=0), np.int64)
