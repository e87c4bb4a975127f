"""What a layer of a network is, and how layers follow one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats
from simulator.learning.models.initialization import Draw
from simulator.learning.models.splits import Composite, Split

Shape = tuple[int, ...]
Views = Sequence[Floats]


class Aside(NamedTuple):
    """What goes through a layer beside the signal.

    Attributes
    ----------
    training : bool
        Whether this pass is for a gradient.
    noise : array, shape (W, B, layer.noise), or None
        The worker's own draws, uniform on [0, 1); None where nothing is random.
    statistics : sequence of array
        One view (W, *shape) per statistic of the layer: in training to be filled with the
        batch's own, in evaluation the running ones to be used.
    present : array of bool, shape (W, B, steps), or None
        Which steps of sequences of unequal length are there; None where all are.
    """

    training: bool
    noise: Floats | None = None
    statistics: Views = ()
    present: NDArray[np.bool_] | None = None


class Pull(Protocol):
    """The way back through a layer, for the inputs it has just seen.

    Takes the gradient (W, B, *outputs) of what left the layer, fills *gradients* (one view per
    weight, (W, *shape)), and returns the gradient (W, B, *inputs) of what entered it, or None
    where that is not `wanted` (the first layer of a network saves a product).
    """

    def __call__(self, upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
        """Go back through the layer."""
        ...


Forward = Callable[[Views, Floats, Aside], tuple[Floats, Pull]]


class Weight(NamedTuple):
    """One named array of parameters (or statistics) of a layer, and how it is drawn at first."""

    name: str
    shape: Shape
    draw: Draw


class Layer(NamedTuple):
    """One differentiable step of a network; holds no values.

    Weights come in as views on a stack of flat vectors, one per worker: (W, *weight.shape).
    A layer never writes to its inputs nor to the upstream gradient, which others may hold too,
    and never mixes workers: its matrix products are stacks of products, one per worker, so that
    each is bitwise what a lone worker computes.

    Attributes
    ----------
    name : str
        What kind of layer this is.
    outputs : tuple of int
        The shape of one sample as it leaves.
    forward : callable
        ``(weights, inputs (W, B, *inputs), aside) -> outputs (W, B, *outputs), pull``.
    weights : tuple of Weight
        In the order of the flat vector; empty where there is nothing to learn.
    flops : float
        Floating-point operations of one sample's forward pass.
    noise : int
        Random numbers a sample takes in training.
    statistics : tuple of Weight
        What the layer measures of each batch in training, for evaluation to use.
    scratch : int
        Numbers a sample that it keeps on the way back, beside its outputs.
    split : UnitWise, Product, Heads or Composite, optional
        How it can be split over several devices; None where it can't.
    """

    name: str
    outputs: Shape
    forward: Forward
    weights: tuple[Weight, ...] = ()
    flops: float = 0.0
    noise: int = 0
    statistics: tuple[Weight, ...] = ()
    scratch: int = 0
    split: Split | None = None


def fixed(
    name: str,
    outputs: Shape,
    function: Callable[[Floats], tuple[Floats, Callable[[Floats], Floats]]],
    flops: float = 0.0,
) -> Layer:
    """Return a layer with nothing to learn, nothing random and nothing to measure.

    Parameters
    ----------
    name, outputs, flops
        As in `Layer`.
    function : callable
        ``inputs -> outputs, back``, where ``back`` turns the gradient by the outputs into the
        gradient by the inputs.
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        result, back = function(samples)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return back(upstream) if wanted else None

        return result, pull

    return Layer(name, outputs, forward, flops=flops)


def reshape(inputs: Shape, outputs: Shape, name: str = 'reshape') -> Layer:
    """Lay the numbers of a sample out in another shape."""

    def lay_out(samples: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        laid = samples.reshape(*samples.shape[:2], *outputs)
        return laid, lambda upstream: upstream.reshape(*upstream.shape[:2], *inputs)

    return fixed(name, outputs, lay_out)


def flatten(inputs: Shape) -> Layer:
    """Lay a sample of any shape out as one row.

    Examples
    --------
    >>> flatten((8, 8)).outputs
    (64,)
    """
    return reshape(inputs, (prod(inputs),), 'flatten')


class Share(NamedTuple):
    """Which of a sequence's weights, draws and statistics belong to one of its layers."""

    weights: slice
    noise: slice
    statistics: slice


def sequence(layers: Sequence[Layer], name: str = 'sequence') -> Layer:
    """Put *layers* one after the other: together they are a layer again.

    Examples
    --------
    >>> sequence([flatten((8, 8)), flatten((64,))]).outputs
    (64,)
    """
    shares = _shares(layers)
    first_learner = next((n for n, layer in enumerate(layers) if layer.weights), len(layers))

    def forward(weights: Views, signal: Floats, aside: Aside) -> tuple[Floats, Pull]:
        pulls = []
        for layer, share in zip(layers, shares, strict=True):
            signal, pull = layer.forward(weights[share.weights], signal, _part(aside, share))
            pulls.append(pull)

        def back(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            for number in range(len(layers) - 1, -1 if wanted else first_learner - 1, -1):
                mine = gradients[shares[number].weights]
                passed = pulls[number](upstream, mine, wanted or number > first_learner)
                if passed is None:
                    return None
                upstream = passed
            return upstream

        return signal, back

    return Layer(
        name,
        layers[-1].outputs,
        forward,
        tuple(weight for layer in layers for weight in layer.weights),
        sum(layer.flops for layer in layers),
        sum(layer.noise for layer in layers),
        tuple(statistic for layer in layers for statistic in layer.statistics),
        sum(prod(layer.outputs) + layer.scratch for layer in layers[:-1]) + layers[-1].scratch,
        Composite(tuple(layers), lambda others: sequence(others, name)),
    )


def _shares(layers: Sequence[Layer]) -> list[Share]:
    shares, weight, draw, statistic = [], 0, 0, 0
    for layer in layers:
        ends = weight + len(layer.weights), draw + layer.noise, statistic + len(layer.statistics)
        shares.append(
            Share(slice(weight, ends[0]), slice(draw, ends[1]), slice(statistic, ends[2]))
        )
        weight, draw, statistic = ends
    return shares


def _part(aside: Aside, share: Share) -> Aside:
    noise = None if aside.noise is None else aside.noise[..., share.noise]
    return aside._replace(noise=noise, statistics=aside.statistics[share.statistics])
