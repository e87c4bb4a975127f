"""Which layers of a model are split, how, and what that makes the devices do and say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.learning.models.layer import Layer, sequence
from simulator.learning.models.splits import Block, Composite, Heads, Piece, Product, UnitWise
from simulator.training.tensor_parallel.joint import Cut, Team, joint

__all__ = ['EVERYBODY', 'Split', 'Talk', 'Way', 'Work', 'split_layers']

Way = Literal['columns', 'rows', 'alternating']
Owners = NDArray[np.int64]

EVERYBODY = -1
"""Who owns what each device holds."""


class Work(NamedTuple):
    """What devices compute on their way forward.

    Attributes
    ----------
    flops : float array, shape (p,)
        Of each device, of one sample.
    """

    flops: NDArray[np.float64]


class Talk(NamedTuple):
    """What devices then say to each other.

    Attributes
    ----------
    kind : {'all_reduce', 'all_gather'}
    forward : bool
        Whether on the way forward, or else on the way back.
    numbers : int array
        Of one sample: of the sums, (1,), or of each device's block, (p,).
    """

    kind: Literal['all_reduce', 'all_gather']
    forward: bool
    numbers: NDArray[np.int64]


class Split(NamedTuple):
    """A layer as a team computes it.

    Attributes
    ----------
    layer : Layer
        On a stack of devices; its arrays are those of the layer that was split.
    program : tuple of Work and Talk
        In the order of the forward pass; backwards, work takes twice as long.
    owners, measurers : list of int array
        Which device holds each entry of its arrays, and measures each of its statistics.
    kept : float array, shape (p,)
        Numbers of one sample that each device keeps until the way back.
    """

    layer: Layer
    program: tuple[Work | Talk, ...]
    owners: list[Owners]
    measurers: list[Owners]
    kept: NDArray[np.float64]


class _Run(NamedTuple):
    """Layers in a row that devices take without talking, how they begin and how they end."""

    layers: tuple[Layer, ...]
    enters: Literal['whole', 'parts']
    leaves: Literal['sums', 'parts']


def split_layers(
    layers: Sequence[Layer], team: Team, way: Way, *, first: bool = True
) -> list[Split]:
    """Split a chain of layers over a team.

    Parameters
    ----------
    layers : sequence of Layer
    team : Team
    way : {'columns', 'rows', 'alternating'}
        How dense layers are split; heads are, by themselves, in any way.
    first : bool
        Whether nothing is learned before them, so that nobody asks for gradients of the inputs.

    Raises
    ------
    PlacementError
        If a layer is a product that can't be split.
    """
    splits: list[Split] = []
    for run in _runs(layers, way, first=first):
        wanted = not (first and all(not each.layer.weights for each in splits))
        if run.layers[0].split is None or isinstance(run.layers[0].split, UnitWise):
            splits.append(_whole(run.layers[0], team))
        elif isinstance(run.layers[0].split, Composite):
            splits.append(_composite(run.layers[0], run.layers[0].split, team, way, not wanted))
        else:
            splits.append(_together(run, team, wanted))
    return splits


def _runs(layers: Sequence[Layer], way: Way, *, first: bool) -> Iterator[_Run]:
    """Yield what is taken in one go: a product and what bends its units, perhaps one more."""
    place = 0
    while place < len(layers):
        layer = layers[place]
        if isinstance(layer.split, Product):
            asked = not first or any(each.weights for each in layers[:place])
            run = _of_product(layers[place:], layer.split, way, asked)
        else:
            run = _Run((layer,), 'whole', 'sums')
        yield run
        place += len(run.layers)


def _of_product(layers: Sequence[Layer], product: Product, way: Way, asked: bool) -> _Run:
    """Return the run that begins with a product."""
    end = 1
    while end < len(layers) and isinstance(layers[end].split, UnitWise):
        end += 1
    if way == 'alternating' and end < len(layers) and isinstance(layers[end].split, Product):
        return _Run(tuple(layers[: end + 1]), 'whole', 'sums')
    # one that is left over goes the way on which less is said: sums go twice as far as parts
    enter, leave = product.inputs * asked, product.units
    if way == 'rows' or (way == 'alternating' and 2 * leave + enter < leave + 2 * enter):
        return _Run((layers[0],), 'parts', 'sums')
    return _Run(tuple(layers[:end]), 'whole', 'parts')


def _whole(layer: Layer, team: Team) -> Split:
    """Let each device compute all of a layer."""
    if layer.flops and any(len(weight.shape) > 1 for weight in layer.weights):
        raise PlacementError(
            f'learning.model has a layer {layer.name!r}, a product that tensor parallelism does '
            'not split; take mlp, linear, perceptron, window_mlp or transformer, or training: '
            'pipeline, which cuts between layers'
        )
    same = np.ones(team.size)
    return Split(
        layer,
        (Work(layer.flops * same),),
        [np.full(weight.shape, EVERYBODY) for weight in layer.weights],
        [np.full(each.shape, EVERYBODY) for each in layer.statistics],
        (prod(layer.outputs) + layer.scratch) * same,
    )


def _composite(layer: Layer, made: Composite, team: Team, way: Way, first: bool) -> Split:
    """Split what a layer is made of; each device computes what stands around that."""
    inner = split_layers(made.layers, team, way, first=first)
    parts = sequence(made.layers)
    rest = layer.flops - made.times * parts.flops
    around = [np.full(team.size, flops) for flops in (made.before, rest - made.before)]
    items = [item for each in inner for item in each.program]
    last = prod(made.layers[-1].outputs)  # what the layers beside it keep
    within = sum((each.kept for each in inner), np.zeros(team.size)) - last
    kept = made.times * (within - parts.scratch) + layer.scratch + prod(layer.outputs)
    rebuilt = made.rebuild([each.layer for each in inner])
    owners = [array for each in inner for array in each.owners]
    measurers = [array for each in inner for array in each.measurers]
    return Split(
        rebuilt._replace(split=None),
        (Work(around[0]), *(_repeated(item, made.times) for item in items), Work(around[1])),
        [*owners, *(np.full(w.shape, EVERYBODY) for w in layer.weights[len(owners) :])],
        [*measurers, *(np.full(w.shape, EVERYBODY) for w in layer.statistics[len(measurers) :])],
        kept,
    )


def _repeated(item: Work | Talk, times: int) -> Work | Talk:
    if isinstance(item, Work):
        return Work(times * item.flops)
    return item._replace(numbers=times * item.numbers)


def _together(run: _Run, team: Team, wanted: bool) -> Split:
    """Cut a run into blocks, and let the team compute them."""
    whole = sequence(run.layers)._replace(name=run.layers[0].name)
    chains = _blocks(run, team.size)
    enters, leaves = _ends(run, team.size)
    blocks = [_chained(chain, run.layers) if chain else None for chain in chains]
    cut = Cut(whole, blocks, enters, leaves)
    zeros = np.zeros(team.size)
    flops = zeros + [block.layer.flops if block else 0.0 for block in blocks]
    inner = [sum(prod(b.layer.outputs) for b in chain[:-1]) for chain in chains]
    scratch = [sum(b.layer.scratch for b in chain) for chain in chains]
    return Split(
        joint(cut, team),
        (*_talk(run, enters, wanted, forward=False), Work(flops), *_talk(run, leaves, True)),
        _owned(whole.weights, [block.weights if block else () for block in blocks]),
        _owned(whole.statistics, [block.statistics if block else () for block in blocks]),
        zeros + inner + scratch + prod(whole.outputs),
    )


def _ends(run: _Run, devices: int) -> tuple[list[slice] | None, list[slice] | None]:
    """Return which part of what enters each device takes, and of what leaves each makes."""
    product = run.layers[0].split
    assert isinstance(product, Product | Heads)  # noqa: S101 - what a run begins with
    enters = _shares(product.inputs, devices) if run.enters == 'parts' else None
    if run.leaves == 'sums':
        return enters, None
    return enters, _shares(prod(run.layers[-1].outputs), devices)


def _blocks(run: _Run, devices: int) -> list[list[Block]]:
    """Return each device's blocks of the layers of a run; none where there are too few units."""
    split = run.layers[0].split
    if isinstance(split, Heads):
        return _dealt(split.number, devices, lambda some: [split.part(some)])
    assert isinstance(split, Product)  # noqa: S101 - runs begin with one or the other
    if run.enters == 'parts':
        return _dealt(split.inputs, devices, lambda some: [split.rows(some)])
    return _dealt(
        split.units,
        devices,
        lambda some: [_column(layer, some, number) for number, layer in enumerate(run.layers)],
    )


def _dealt(units: int, devices: int, blocks: Callable[[slice], list[Block]]) -> list[list[Block]]:
    return [blocks(some) if some.stop > some.start else [] for some in _shares(units, devices)]


def _column(layer: Layer, units: slice, number: int) -> Block:
    """Return the block of some hidden *units* of a run's layer of that number."""
    if isinstance(layer.split, Product):
        return layer.split.rows(units) if number else layer.split.columns(units)
    assert isinstance(layer.split, UnitWise)  # noqa: S101 - `_of_product` takes no others
    return layer.split.part(units)


def _chained(blocks: Sequence[Block], wholes: Sequence[Layer]) -> Block:
    """Put blocks one after the other; their arrays are found in the whole layers together."""
    weights: list[Piece] = []
    statistics: list[Piece] = []
    noise, before = [], [0, 0, 0]
    for block, whole in zip(blocks, wholes, strict=True):
        weights += [each._replace(array=each.array + before[0]) for each in block.weights]
        statistics += [each._replace(array=each.array + before[1]) for each in block.statistics]
        noise.append(block.noise + before[2])
        counts = len(whole.weights), len(whole.statistics), whole.noise
        before = [sum(pair) for pair in zip(before, counts, strict=True)]
    layer = sequence([block.layer for block in blocks])
    return Block(layer, tuple(weights), tuple(statistics), np.concatenate(noise))


def _talk(
    run: _Run, parts: list[slice] | None, wanted: bool, *, forward: bool = True
) -> Iterator[Talk]:
    """Yield what is said at an end of a run, if anything is."""
    if not wanted:
        return
    split = run.layers[0].split
    assert isinstance(split, Product | Heads)  # noqa: S101 - what a run begins with
    whole = prod(run.layers[-1].outputs) if forward else split.inputs
    if parts is not None:
        numbers = np.array([part.stop - part.start for part in parts])
        yield Talk('all_gather', forward, numbers)
    else:
        yield Talk('all_reduce', forward, np.array([whole]))


def _owned(arrays: Sequence[Any], pieces: Sequence[tuple[Piece, ...]]) -> list[Owners]:
    """Return the owner of each entry of some *arrays*, of which devices hold *pieces*."""
    owners = [np.full(array.shape, EVERYBODY) for array in arrays]
    for device, held in enumerate(pieces):
        for piece in held:
            owners[piece.array][piece.key[1:]] = device
    return owners


def _shares(units: int, devices: int) -> list[slice]:
    """Deal units to devices, as evenly as can be."""
    least, more = divmod(units, devices)
    ends = np.cumsum([0, *(least + (k < more) for k in range(devices))]).tolist()
    return [slice(*pair) for pair in pairwise(ends)]
