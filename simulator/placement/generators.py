"""Random graphs of the published shapes: layered, convolutional, recurrent, encoder-decoder.

The shape is given, the costs are drawn, from the same laws for all operations. Those with
variables are whole training steps: forward, backward and updates.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from simulator.cluster.laws import SIZE_LAWS, WORK_LAWS, SizeOrLaw, WorkOrLaw
from simulator.placement.graph import OperationGraph
from simulator.placement.sketch import Costs, Sketch

__all__ = ['convolutional', 'encoder_decoder', 'layered', 'recurrent']

Share = Annotated[float, Ge(0), Le(1)]
Number = Annotated[int, Gt(0), Le(10_000)]

FLOPS = WORK_LAWS.choice('uniform', low=1e9, high=100e9)
SIZES = SIZE_LAWS.choice('uniform', low=1e6, high=100e6)


def layered(
    rng: np.random.Generator,
    *,
    levels: Number = 20,
    width: Number = 18,
    probability: Share = 0.1,
    colocated: Share = 0.0,
    flops: WorkOrLaw = FLOPS,
    output: SizeOrLaw = SIZES,
    kinds: dict[str, Share] = {},  # noqa: B006, read only
) -> OperationGraph:
    """Draw operations in levels, each of which needs some of the level before.

    Parameters
    ----------
    levels : int
        Levels, one after another.
    width : int
        Operations of each level.
    probability : float
        That an operation needs a given one of the level before; of each level but the first, it
        needs one at least.
    colocated : float
        Share of operations that must be where the first of their inputs is.
    flops : flop
        What an operation computes.
    output : size
        Of its output.
    kinds : mapping of str to float
        Share of operations that need each kind of device.

    References
    ----------
    .. [1] Tobita & Kasahara, "A standard task graph set for fair evaluation of multiprocessor
       scheduling algorithms", Journal of Scheduling 5, 2002 (layered random graphs).

    Examples
    --------
    >>> len(layered(np.random.default_rng(0)))
    360
    """
    sketch = Sketch()
    for level in range(levels):
        needs = rng.random((width, width)) < probability
        needs[np.arange(width), rng.integers(width, size=width)] = True
        joins = rng.random(width) < colocated
        for place in range(width):
            inputs = (np.flatnonzero(needs[place]) + (level - 1) * width).tolist() if level else []
            name = f'{level}.{place}'
            sketch.add(name, 'operation', inputs)
            if level and joins[place]:
                _join(sketch, inputs[0], len(sketch) - 1)
    return sketch.graph(rng, Costs(flops, output, 0.0, kinds))


def _join(sketch: Sketch, one: int, other: int) -> None:
    """Put *other* into the group of *one*, which may have been in none."""
    sketch.groups[one] = sketch.groups[one] or sketch.names[one]
    sketch.groups[other] = sketch.groups[one]


def convolutional(
    rng: np.random.Generator,
    *,
    blocks: Number = 5,
    branches: Number = 1,
    depth: Number = 1,
    flops: WorkOrLaw = FLOPS,
    output: SizeOrLaw = SIZES,
    parameters: SizeOrLaw = SIZES,
    kinds: dict[str, Share] = {},  # noqa: B006, read only
) -> OperationGraph:
    """Train a convolutional network by a step: blocks, each of one branch or several.

    Parameters
    ----------
    blocks : int
        Blocks, one after another.
    branches : int
        Chains of convolutions side by side in each block; several are joined at its end.
    depth : int
        Convolutions of the longest branch; others are shorter, by turns.
    flops : flop
        What an operation computes.
    output : size
        Of its output.
    parameters : size
        Of a variable.
    kinds : mapping of str to float
        Share of operations that need each kind of device.

    References
    ----------
    .. [1] Szegedy et al., "Going Deeper with Convolutions", CVPR 2015.

    Examples
    --------
    >>> len(convolutional(np.random.default_rng(0)))
    334
    """
    sketch = Sketch()
    signal = _convolution(sketch, 'stem', sketch.add('images', 'input'))
    for block in range(blocks):
        ends = []
        for branch in range(branches):
            end = signal
            for layer in range(depth - branch % depth):
                end = _convolution(sketch, f'block{block}.{branch}.{layer}', end)
            ends.append(end)
        signal = sketch.add(f'block{block}.concat', 'concat', ends) if len(ends) > 1 else ends[0]
    _finish(sketch, signal)
    return sketch.graph(rng, Costs(flops, output, parameters, kinds))


def _convolution(sketch: Sketch, name: str, signal: int) -> int:
    """Add a convolution with its bias and its bend; return the last."""
    weighed = sketch.add(f'{name}.convolve', 'conv', [signal, sketch.variable(f'{name}.weights')])
    biased = sketch.add(f'{name}.add', 'add', [weighed, sketch.variable(f'{name}.bias')])
    return sketch.add(f'{name}.relu', 'relu', [biased])


def _finish(sketch: Sketch, signal: int) -> None:
    """Add a dense layer, the loss, and the backward pass."""
    scores = sketch.add('dense', 'matmul', [signal, sketch.variable('dense.weights')])
    sketch.finish(sketch.add('loss', 'loss', [scores, sketch.add('labels', 'input')]))


def recurrent(
    rng: np.random.Generator,
    *,
    layers: Number = 1,
    steps: Number = 36,
    flops: WorkOrLaw = FLOPS,
    output: SizeOrLaw = SIZES,
    parameters: SizeOrLaw = SIZES,
    kinds: dict[str, Share] = {},  # noqa: B006, read only
) -> OperationGraph:
    """Train a recurrent network with gates (LSTM) by a step, unrolled in time.

    Parameters
    ----------
    layers : int
        Layers, one above another; all steps of a layer share its variables.
    steps : int
        Steps in time.
    flops : flop
        What an operation computes.
    output : size
        Of its output.
    parameters : size
        Of a variable.
    kinds : mapping of str to float
        Share of operations that need each kind of device.

    References
    ----------
    .. [1] Hochreiter & Schmidhuber, "Long Short-Term Memory", Neural Computation 9(8), 1997.

    Examples
    --------
    >>> len(recurrent(np.random.default_rng(0)))
    2958
    """
    sketch = Sketch()
    tops = _unrolled(sketch, 'cell', layers, [sketch.add(f'x{t}', 'input') for t in range(steps)])
    _predict(sketch, tops)
    return sketch.graph(rng, Costs(flops, output, parameters, kinds))


def encoder_decoder(
    rng: np.random.Generator,
    *,
    layers: Number = 1,
    steps: Number = 28,
    flops: WorkOrLaw = FLOPS,
    output: SizeOrLaw = SIZES,
    parameters: SizeOrLaw = SIZES,
    kinds: dict[str, Share] = {},  # noqa: B006, read only
) -> OperationGraph:
    """Train an encoder and a decoder that attends to it (LSTM) by a step, unrolled in time.

    Parameters
    ----------
    layers : int
        Layers of each.
    steps : int
        Steps in time of each.
    flops : flop
        What an operation computes.
    output : size
        Of its output.
    parameters : size
        Of a variable.
    kinds : mapping of str to float
        Share of operations that need each kind of device.

    References
    ----------
    .. [1] Luong, Pham & Manning, "Effective Approaches to Attention-based Neural Machine
       Translation", EMNLP 2015.

    Examples
    --------
    >>> len(encoder_decoder(np.random.default_rng(0)))
    5359
    """
    sketch = Sketch()
    words = [sketch.add(f'x{t}', 'input') for t in range(steps)]
    memory = sketch.add('memory', 'concat', _unrolled(sketch, 'encoder', layers, words))
    translated = [sketch.add(f'y{t}', 'input') for t in range(steps)]
    tops = _unrolled(sketch, 'decoder', layers, translated, memory)
    weights = sketch.variable('attention.weights')
    for t, top in enumerate(tops):
        tops[t] = _attended(sketch, f'attention.{t}', top, memory, weights)
    _predict(sketch, tops)
    return sketch.graph(rng, Costs(flops, output, parameters, kinds))


def _predict(sketch: Sketch, tops: list[int]) -> None:
    """Add a loss at each step, with shared weights, their mean, and the backward pass."""
    weights = sketch.variable('dense.weights')
    losses = []
    for t, top in enumerate(tops):
        scores = sketch.add(f'dense.{t}', 'matmul', [top, weights])
        losses.append(sketch.add(f'loss.{t}', 'loss', [scores]))
    sketch.finish(sketch.add('loss', 'mean', losses))


def _unrolled(
    sketch: Sketch, name: str, layers: int, inputs: list[int], state: int | None = None
) -> list[int]:
    """Add layers of cells over time; return what the top layer says at each step."""
    signals = inputs
    for layer in range(layers):
        own = f'{name}{layer}'
        variables = [sketch.variable(f'{own}.{part}') for part in ('weights', 'bias')]
        hidden, cell = state, state
        for t, signal in enumerate(signals):
            hidden, cell = _cell(sketch, f'{own}.{t}', variables, signal, hidden, cell)
            signals = [*signals[:t], hidden, *signals[t + 1 :]]
    return signals


def _cell(
    sketch: Sketch,
    name: str,
    variables: list[int],
    signal: int,
    hidden: int | None,
    cell: int | None,
) -> tuple[int, int]:
    """Add one step of an LSTM; return the numbers of its hidden state and of its cell."""
    weights, bias = variables
    both = sketch.add(f'{name}.concat', 'concat', [x for x in (signal, hidden) if x is not None])
    product = sketch.add(f'{name}.matmul', 'matmul', [both, weights])
    split = sketch.add(f'{name}.add', 'add', [product, bias])
    gates = {
        gate: sketch.add(f'{name}.{gate}', bend, [split])
        for gate, bend in (
            ('input', 'sigmoid'), ('forget', 'sigmoid'), ('output', 'sigmoid'), ('new', 'tanh'),
        )
    }  # fmt: skip
    kept = [gates['forget']] if cell is None else [gates['forget'], cell]
    kept_cell = sketch.add(f'{name}.keep', 'multiply', kept)
    fresh = sketch.add(f'{name}.fresh', 'multiply', [gates['input'], gates['new']])
    new_cell = sketch.add(f'{name}.cell', 'add', [kept_cell, fresh])
    bent = sketch.add(f'{name}.bend', 'tanh', [new_cell])
    return sketch.add(f'{name}.hidden', 'multiply', [gates['output'], bent]), new_cell


def _attended(sketch: Sketch, name: str, query: int, memory: int, weights: int) -> int:
    """Add attention of one step to the *memory* of the encoder; return what it comes to."""
    scores = sketch.add(f'{name}.scores', 'matmul', [query, memory])
    shares = sketch.add(f'{name}.softmax', 'softmax', [scores])
    context = sketch.add(f'{name}.context', 'matmul', [shares, memory])
    both = sketch.add(f'{name}.concat', 'concat', [context, query])
    mixed = sketch.add(f'{name}.matmul', 'matmul', [both, weights])
    return sketch.add(f'{name}.tanh', 'tanh', [mixed])
