"""Vectors for tokens."""

from __future__ import annotations

from math import sqrt

import numpy as np

from simulator.learning.arrays import Floats
from simulator.learning.models.layer import Aside, Layer, Pull, Views, Weight


def embedding(tokens: int, steps: int, width: int, scale: float = 1.0) -> Layer:
    """Take for each token its own vector, which is learned; 0 where there is none.

    Parameters
    ----------
    tokens : int
        Size of the vocabulary.
    steps : int
        Of a usual sequence.
    width : int
        Of a vector.
    scale : float
        Of the vectors' entries at first, normal with this deviation.

    References
    ----------
    .. [1] Bengio et al., "A Neural Probabilistic Language Model", JMLR 3, 2003.

    Examples
    --------
    >>> layer = embedding(5, 2, 3)
    >>> vectors = np.arange(15.0).reshape(1, 5, 3)
    >>> layer.forward([vectors], np.array([[[4, -1]]]), Aside(True))[0].tolist()
    [[[[12.0, 13.0, 14.0], [0.0, 0.0, 0.0]]]]
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        rows = _rows(samples, tokens)
        there = samples >= 0
        table = weights[0].reshape(-1, width)
        outputs = table[rows]
        if not there.all():
            outputs *= there[..., None]

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            above = upstream if there.all() else upstream * there[..., None]
            gradients[0][...] = _added(above, rows, tokens)
            return None  # tokens have no slope

        return outputs, pull

    vectors = Weight(
        'vectors',
        (tokens, width),
        lambda rng, shape: rng.normal(0.0, scale, shape),
    )
    return Layer('embedding', (steps, width), forward, (vectors,))


def positions(steps: int, width: int, start: int = 0) -> Layer:
    """Add to each step waves that tell where it stands: sin and cos of t / 10000^(2i/width).

    Parameters
    ----------
    steps, width : int
    start : int
        Steps of a source, after which the count begins anew.

    References
    ----------
    .. [1] Vaswani et al., "Attention Is All You Need", NeurIPS 2017.

    Examples
    --------
    >>> layer = positions(2, 4)
    >>> layer.forward((), np.zeros((1, 1, 2, 4)), Aside(True))[0].round(2)[0, 0].tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.84, 0.54, 0.01, 1.0]]
    """

    def forward(weights: Views, samples: Floats, aside: Aside) -> tuple[Floats, Pull]:
        length = samples.shape[2]
        places = np.arange(length) - np.where(np.arange(length) < start, 0, start)
        waves = wave_table(int(places.max()) + 1, width)[places].astype(samples.dtype)

        def pull(upstream: Floats, gradients: Views, wanted: bool) -> Floats | None:
            return upstream if wanted else None

        return samples + waves, pull

    return Layer('positions', (steps, width), forward, flops=float(steps * width))


def wave_table(steps: int, width: int) -> Floats:
    """Return the sinusoidal encoding (steps, width) of places 0, 1, ...: sines at even columns."""
    wave = np.arange(width) // 2
    angles = np.arange(steps)[:, None] / 10000 ** (2 * wave / width)
    table: Floats = np.where(np.arange(width) % 2, np.cos(angles), np.sin(angles))
    return table


def scaled(width: int) -> float:
    """Return the deviation at which a vector of *width* entries has length 1, on the average."""
    return 1 / sqrt(width)


def _rows(samples: Floats, tokens: int) -> Floats:
    """Return where each token's vector stands in the stack of all workers' tables."""
    starts = tokens * np.arange(len(samples)).reshape(-1, *[1] * (samples.ndim - 1))
    return np.maximum(samples, 0) + starts


def _added(upstream: Floats, rows: Floats, tokens: int) -> Floats:
    """Return the sum of what all the uses of a token have said, (W, tokens, width)."""
    workers, width = len(upstream), upstream.shape[-1]
    total = np.zeros(workers * tokens * width, upstream.dtype)
    # one number at a time has a path of its own in numpy, five times as quick as whole rows
    places = rows.reshape(-1, 1) * width + np.arange(width)
    np.add.at(total, places.ravel(), upstream.ravel())
    return total.reshape(workers, tokens, width)
