"""Layers that take sequences apart, and put them together: (steps, units) a sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.layer import Aside, Layer, Pull, Views, fixed
from simulator.learning.models.splits import Composite

Back = Callable[[Floats], Floats]


def each_step(layer: Layer, steps: int) -> Layer:
    """Put every step of a sequence through *layer* as if it were a sample.

    Examples
    --------
    >>> from simulator.learning.models.dense import dense
    >>> layer = each_step(dense(3, 2, 'zeros'), 4)
    >>> layer.outputs, layer.flops
    ((4, 2), 48.0)
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        workers, batch, length = samples.shape[:3]
        rows = samples.reshape(workers, batch * length, *samples.shape[3:])
        outputs, back = layer.forward(weights, rows, Aside(aside.training))

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            below = back(upstream.reshape(outputs.shape), gradients, wanted)
            return None if below is None else below.reshape(samples.shape)

        return outputs.reshape(workers, batch, length, *outputs.shape[2:]), pull

    return layer._replace(
        outputs=(steps, *layer.outputs),
        forward=forward,
        flops=steps * layer.flops,
        scratch=steps * layer.scratch,
        split=Composite((layer,), lambda others: each_step(others[0], steps), times=steps),
    )


def last_step(units: int) -> Layer:
    """Keep the last step alone: what a recurrent layer knows at the end.

    Examples
    --------
    >>> sequence = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> last_step(2).forward((), sequence, Aside(True))[0].tolist()
    [[[3.0, 4.0]]]
    """

    def keep(samples: Floats) -> tuple[Floats, Back]:
        def back(upstream: Floats) -> Floats:
            below = np.zeros_like(samples)
            below[:, :, -1] = upstream
            return below

        return samples[:, :, -1], back

    return fixed('last_step', (units,), keep)


def last_steps(source: int, steps: int, units: int) -> Layer:
    """Keep what comes after the *source*: the steps of the answer."""

    def keep(samples: Floats) -> tuple[Floats, Back]:
        def back(upstream: Floats) -> Floats:
            below = np.zeros_like(samples)
            below[:, :, source:] = upstream
            return below

        return samples[:, :, source:], back

    return fixed('last_steps', (steps, units), keep)


def average(steps: int, units: int) -> Layer:
    """Take the mean over the steps that are there.

    Examples
    --------
    >>> sequence = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> average(2, 2).forward((), sequence, Aside(True))[0].tolist()
    [[[2.0, 3.0]]]
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        share = np.full((*samples.shape[:2], 1, samples.shape[2]), 1 / samples.shape[2])
        if aside.present is not None:
            there = aside.present[:, :, None]
            share = there / np.maximum(1, there.sum(axis=3, keepdims=True))
        share = share.astype(samples.dtype)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return upstream[:, :, None] * share.swapaxes(2, 3) if wanted else None

        return np.matmul(share, samples)[:, :, 0], pull

    return Layer('average', (units,), forward, flops=float(steps * units))


def repeat(steps: int, units: int) -> Layer:
    """Show the same vector at each of so many steps.

    Examples
    --------
    >>> repeat(3, 1).forward((), np.array([[[7.0]]]), Aside(True))[0].tolist()
    [[[[7.0], [7.0], [7.0]]]]
    """

    def show(samples: Floats) -> tuple[Floats, Back]:
        shape = (*samples.shape[:2], steps, units)
        return (
            np.broadcast_to(samples[:, :, None], shape),
            lambda upstream: upstream.sum(axis=2),
        )

    return fixed('repeat', (steps, units), show)
