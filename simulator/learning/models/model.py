"""What every model answers, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.learning.arrays import Floats


class Array(NamedTuple):
    """Where one array of parameters stands in the flat vector, and its shape."""

    place: slice
    shape: tuple[int, ...]


class Part(NamedTuple):
    """One layer of a model, as others see it: what it is called, holds and costs.

    Attributes
    ----------
    name : str
        Kind and position, such as ``2-dense``.
    place : slice
        Where its parameters stand in the flat vector.
    arrays : dict
        Its arrays by name, in the order in which they stand there.
    flops : float
        Forward operations of one sample.
    outputs : tuple of int, optional
        The shape of one sample as it leaves; None where the model does not know.
    scratch : int
        Numbers of one sample that it keeps on the way back, beside its outputs.
    """

    name: str
    place: slice
    arrays: dict[str, Array]
    flops: float
    outputs: tuple[int, ...] | None = None
    scratch: int = 0

    @property
    def parameters(self) -> int:
        """How many parameters it holds."""
        return int(self.place.stop) - int(self.place.start)


def account(model: Model) -> dict[str, Any]:
    """Return what *model* holds and costs, in all and layer by layer, as plain data.

    Bytes are those of the parameters on the wire, flops those of one sample's forward pass.

    Examples
    --------
    >>> from simulator.learning.models import Task, linear
    >>> told = account(linear(Task((8, 8), 10)))
    >>> told['parameters'], told['bytes'], told['flops']
    (650, 2600, 1280.0)
    >>> told['layers'][1]
    {'name': '2-dense', 'parameters': 650, 'bytes': 2600, 'flops': 1280.0}
    """
    size = model.bytes // model.dimension
    layers = [
        {
            'name': part.name,
            'parameters': part.parameters,
            'bytes': size * part.parameters,
            'flops': part.flops,
        }
        for part in model.layers
    ]
    return {
        'parameters': model.dimension,
        'bytes': model.bytes,
        'flops': model.forward_flops,
        'layers': layers,
    }


class Gradients(NamedTuple):
    """What the workers found on their batches.

    Attributes
    ----------
    losses : array, shape (W,)
        Mean over the batch.
    gradients : array, shape (W, d)
    statistics : array, shape (W, s)
        What layers measured of the batch, such as means and variances of their units.
    """

    losses: Floats
    gradients: Floats
    statistics: Floats


class Evaluation(NamedTuple):
    """Mean loss, and share of samples classified rightly (nan where targets are values).

    Where every step of a sequence has a target, both are means over the steps. Arrays of the
    leading shape of the parameters that were evaluated.

    Attributes
    ----------
    loss, accuracy : array
    perplexity : array
        Of predicted tokens: among how many equally likely ones the model might as well choose,
        exp of the mean cross-entropy; nan where no tokens are predicted.
    """

    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    perplexity: NDArray[np.float64] | np.float64 = np.float64(np.nan)


class Model(Protocol):
    """A function of flat parameters, with its loss and gradient, on a stack of workers.

    A model computes in the type of the parameters it is given.

    Attributes
    ----------
    dimension : int
        Number of parameters, d.
    layers : tuple of Part
        What it is made of, in forward order.
    forward_flops : float
        Forward operations of one sample; a gradient costs three times that.
    bytes : int
        Size of the parameters, or of a gradient, on the wire.
    noise : int
        Random numbers that one sample takes in training.
    statistics : array, shape (s,)
        What evaluation takes for the running statistics before any batch was measured.
    """

    dimension: int
    layers: tuple[Part, ...]
    forward_flops: float
    bytes: int
    noise: int
    statistics: Floats

    def init(self, rng: np.random.Generator) -> Floats:
        """Draw parameters (d,) to begin with, in float32."""
        ...

    def outputs(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Floats:
        """Return what each of a stack of workers (W, d) answers to its inputs (W, B, ...)."""
        ...

    def signals(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Iterator[tuple[str, Floats]]:
        """Yield what leaves each layer that bends its units, in evaluation, with its name.

        Parameters
        ----------
        parameters : array, shape (d,)
        inputs : array, shape (N, ...)
        statistics : array, shape (s,), optional
            Running ones.

        Yields
        ------
        str, array of shape (N, ..., units)
        """
        ...

    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return each worker's loss and gradient, bitwise those of a lone worker.

        Parameters
        ----------
        parameters : array, shape (W, d)
            May be one vector broadcast over the workers, at no cost.
        inputs : array, shape (W, B, ...)
        targets : array, shape (W, B) for classes, (W, B, k) for values
            With a target a step: (W, B, steps), or (W, B, steps, k).
        noise : array, shape (W, B, model.noise), optional
            Uniform on [0, 1), drawn from each worker's own stream.
        """
        ...

    def evaluate(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        statistics: Floats | None = None,
    ) -> Evaluation:
        """Return loss and accuracy of one vector (d,), or of each of many (W, d).

        Parameters
        ----------
        parameters : array, shape (d,) or (W, d)
        inputs : array, shape (N, ...)
            Any number of samples, the same for all.
        targets : array, shape (N,) or (N, k), or (N, steps), (N, steps, k)
        statistics : array, shape (s,) or (W, s), optional
            Running ones.
        """
        ...

    def footprint(self, batch: int) -> float:
        """Return about how many bytes a worker's gradient on *batch* samples touches."""
        ...
