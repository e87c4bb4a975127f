"""How layers can be split over several devices: which blocks of them each computes and holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats

if TYPE_CHECKING:
    from simulator.learning.models.layer import Layer

__all__ = ['Block', 'Composite', 'Heads', 'Piece', 'Product', 'Split', 'UnitWise']


class Piece(NamedTuple):
    """Part of one of a layer's arrays: which array, along which axis, and where."""

    array: int
    axis: int
    place: slice | NDArray[np.int64]

    def of(self, views: Sequence[Floats]) -> Floats:
        """Return it of some views, (W, *shape)."""
        view = views[self.array]
        if isinstance(self.place, slice):
            return view[self.key]
        return view.take(self.place, axis=1 + self.axis)  # laid out as a matrix is

    @property
    def key(self) -> tuple[slice | NDArray[np.int64], ...]:
        """Where it stands in a view (W, *shape)."""
        return (*[slice(None)] * (1 + self.axis), self.place)


class Block(NamedTuple):
    """What one of several devices computes of a layer, and what it holds for that.

    Attributes
    ----------
    layer : Layer
        A narrower one.
    weights, statistics : tuple of Piece
        Of those of the whole layer, for each of the narrower one's.
    noise : array of int
        Which of the whole layer's draws it takes.
    """

    layer: Layer
    weights: tuple[Piece, ...] = ()
    statistics: tuple[Piece, ...] = ()
    noise: NDArray[np.int64] = np.empty(0, np.int64)


class UnitWise(NamedTuple):
    """A layer that takes each unit by itself: what has a part of the units can do its part.

    Attributes
    ----------
    narrow : callable
        From so many units to the layer of these; its arrays, draws and statistics are one a unit.
    """

    narrow: Callable[[int], Layer]

    def part(self, units: slice) -> Block:
        """Return the block of some *units*."""
        layer = self.narrow(units.stop - units.start)
        weights = tuple(Piece(number, 0, units) for number in range(len(layer.weights)))
        measured = tuple(Piece(number, 0, units) for number in range(len(layer.statistics)))
        return Block(layer, weights, measured, np.arange(units.start, units.stop)[: layer.noise])


class Product(NamedTuple):
    """A layer that is a product with a matrix (inputs, units), and a bias.

    Attributes
    ----------
    inputs, units : int
    columns : callable
        From some units to the block that makes them, of all inputs.
    rows : callable
        From some inputs to the block that makes their share of all units' sums: without the bias,
        the layer's last array.
    """

    inputs: int
    units: int
    columns: Callable[[slice], Block]
    rows: Callable[[slice], Block]


class Heads(NamedTuple):
    """A layer of heads whose answers are weighed and added up.

    Attributes
    ----------
    number : int
    inputs : int
        Numbers of one sample that enter it.
    part : callable
        From some heads to the block that makes their share of the sums: without the bias, the
        layer's last array.
    """

    number: int
    inputs: int
    part: Callable[[slice], Block]


class Composite(NamedTuple):
    """A layer made of others, in this order, and of things that take a sample as a whole.

    Attributes
    ----------
    layers : tuple of Layer
        Their arrays are its first ones.
    rebuild : callable
        From others in their place to such a layer.
    times : int
        How many of their samples are one of its own.
    before : float
        Flops of a sample, of what comes before them; of the rest, what comes after.
    """

    layers: tuple[Layer, ...]
    rebuild: Callable[[Sequence[Layer]], Layer]
    times: int = 1
    before: float = 0.0


Split: TypeAlias = UnitWise | Product | Heads | Composite
