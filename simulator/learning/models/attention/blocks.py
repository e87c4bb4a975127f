"""What stands around attention and feed-forward layers: a way past them, and a norm."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.layer import Aside, Layer, Pull, Views
from simulator.learning.models.splits import Composite

Order = Literal['after', 'before']
"""Where the norm stands: after what is added up, or before the layer."""


class Region(NamedTuple):
    """Which steps of a sequence a layer changes; the others go past it as they are.

    Attributes
    ----------
    first, last : int
        Steps from *first* up to, not including, *last*.
    sees_source : bool
        Whether the layer is shown what stands before, too.
    """

    first: int
    last: int
    sees_source: bool = False


def residual(layer: Layer, norm: Layer, order: Order, region: Region, steps: int) -> Layer:
    """Add what *layer* says to what it was told, and normalize that: norm(x + layer(x)).

    Or, with the norm before, x + layer(norm(x)), which trains deep stacks without a warm-up.

    Parameters
    ----------
    layer : Layer
        Says one row for each step of its region.
    norm : Layer
    order : {'after', 'before'}
    region : Region
    steps : int
        Of the whole sequence.

    References
    ----------
    .. [1] He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
    .. [2] Xiong et al., "On Layer Normalization in the Transformer Architecture", ICML 2020.
    """
    mine = slice(region.first, region.last)
    seen = slice(0 if region.sees_source else region.first, region.last)
    split = len(layer.weights)

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        way = _Way(weights[:split], _seen(aside, seen), layer, region.first - seen.start)
        own, rest = weights[split:], Aside(aside.training)
        signal = samples[:, :, mine]
        before = samples[:, :, seen.start : region.first]
        if order == 'before':
            normed, norm_pull = norm.forward(own, signal, rest)
            outputs: Floats = signal + way.forward(before, normed)
        else:
            outputs, norm_pull = norm.forward(own, signal + way.forward(before, signal), rest)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = upstream[:, :, mine]
            inner, last = gradients[:split], gradients[split:]
            if order == 'before':
                early, late = way.back(above, inner)
                below = above + _wanted(norm_pull(late, last, True))
            else:
                past = _wanted(norm_pull(above, last, True))
                early, late = way.back(past, inner)
                below = late + past
            return _put_back(upstream, below, early, region)

        return _put(samples, outputs, mine), pull

    width = norm.outputs[-1]
    return layer._replace(
        outputs=(steps, width),
        forward=forward,
        weights=(*layer.weights, *norm.weights),
        flops=layer.flops + norm.flops + (region.last - region.first) * width,
        scratch=layer.scratch + norm.scratch,
        split=Composite(
            (layer,),
            lambda others: residual(others[0], norm, order, region, steps),
            before=norm.flops if order == 'before' else 0.0,
        ),
    )


class _Way:
    """The way through a layer that is shown some steps before its own, and back."""

    def __init__(self, weights: Views, aside: Aside, layer: Layer, shown: int):
        self._weights, self._aside, self._layer, self._shown = weights, aside, layer, shown
        self._pull: Pull | None = None

    def forward(self, before: Floats, own: Floats) -> Floats:
        signal = np.concatenate([before, own], axis=2) if self._shown else own
        said, self._pull = self._layer.forward(self._weights, signal, self._aside)
        return said

    def back(self, upstream: Floats, gradients: Views) -> tuple[Floats | None, Floats]:
        """Return the gradients by what was shown before (None: nothing was), and by its own."""
        assert self._pull is not None  # noqa: S101 - forward has been
        below = _wanted(self._pull(upstream, gradients, True))
        if not self._shown:
            return None, below
        return below[:, :, : self._shown], below[:, :, self._shown :]


def _wanted(below: Floats | None) -> Floats:
    assert below is not None  # noqa: S101 - a layer gives what is wanted
    return below


def _seen(aside: Aside, seen: slice) -> Aside:
    return aside if aside.present is None else aside._replace(present=aside.present[:, :, seen])


def _put(samples: Floats, outputs: Floats, mine: slice) -> Floats:
    """Return *samples* with *outputs* in their place."""
    if outputs.shape == samples.shape:
        return outputs
    signal = samples.copy()
    signal[:, :, mine] = outputs
    return signal


def _put_back(upstream: Floats, below: Floats, early: Floats | None, region: Region) -> Floats:
    if below.shape == upstream.shape:
        return below
    signal = upstream.copy()
    signal[:, :, region.first : region.last] = below
    if early is not None:
        signal[:, :, : region.first] += early
    return signal


def on_region(layer: Layer, region: Region, steps: int) -> Layer:
    """Let *layer* change the steps of a region alone."""
    mine = slice(region.first, region.last)

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        outputs, back = layer.forward(weights, samples[:, :, mine], Aside(aside.training))

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            below = _wanted(back(upstream[:, :, mine], gradients, True))
            return _put(upstream, below, mine)

        return _put(samples, outputs, mine), pull

    return layer._replace(outputs=(steps, layer.outputs[-1]), forward=forward)
