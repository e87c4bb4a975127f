"""A network whose gradients a team of devices computes together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import PlacementError
from simulator.learning.arrays import Floats
from simulator.learning.models import Gradients, Model
from simulator.learning.models.network import Network
from simulator.training.tensor_parallel.joint import Team
from simulator.training.tensor_parallel.splitting import EVERYBODY, Way, split_layers

__all__ = ['SplitModel']


class SplitModel:
    """A model as a team of devices computes its gradients; else, the same.

    Each device holds its blocks of the parameters, and all of those that are not split; its
    gradients by the blocks are its own, by the others the same as everybody's.

    Parameters
    ----------
    model : Model
        A network of layers that can be split.
    team : Team
    way : {'columns', 'rows', 'alternating'}

    Attributes
    ----------
    program : list of Work and Talk
        What the devices do and say on the way forward.
    owners : int array, shape (d,)
        Which device holds each parameter; `EVERYBODY` where all do.
    kept : float array, shape (p,)
        Numbers of one sample that each device keeps at most: inputs and activations.

    Raises
    ------
    PlacementError
        If the model has layers that can't be split.

    Examples
    --------
    >>> from simulator.collectives import Ranks, ring
    >>> from simulator.learning.models import Task, mlp
    >>> model = SplitModel(mlp(Task((8,), 2), hidden=[4]), Team(ring(Ranks(2))), 'alternating')
    >>> model.owners[:4].tolist(), model.held
    ([0, 0, 1, 1], [24, 24])
    """

    def __init__(self, model: Model, team: Team, way: Way):
        if not isinstance(model, Network):
            raise PlacementError('learning.model is no chain of layers; take mlp or transformer')
        splits = split_layers(model.chain, team, way)
        self._network = Network([split.layer for split in splits], model.training_loss)
        self._team = team
        self.program = [item for split in splits for item in split.program]
        self.owners = _flat([array for split in splits for array in split.owners])
        self._measurers = _flat([array for split in splits for array in split.measurers])
        kept = sum((split.kept for split in splits), np.zeros(team.size))
        self.kept = kept - np.prod(model.chain[-1].outputs)
        self.dimension, self.layers, self.bytes = model.dimension, model.layers, model.bytes
        self.forward_flops, self.noise = model.forward_flops, model.noise
        self.statistics = model.statistics
        self.init, self.outputs, self.signals = model.init, model.outputs, model.signals
        self.evaluate = model.evaluate

    @property
    def held(self) -> list[int]:
        """How many parameters each device holds."""
        return [len(self.holding(device)) for device in range(self._team.size)]

    def holding(self, device: int) -> NDArray[np.int64]:
        """Return the places of the parameters that a device holds."""
        return np.flatnonzero((self.owners == device) | (self.owners == EVERYBODY))

    def footprint(self, batch: int) -> float:
        """Return the bytes that computing takes, a worker."""
        return self._team.size * self._network.footprint(batch)

    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return each worker's loss and gradient, computed by a team of its own."""
        draws = [None] * len(parameters) if noise is None else noise
        found = [
            self._chosen(self.by_device(*each))
            for each in zip(parameters, inputs, targets, draws, strict=True)
        ]
        return Gradients(*(np.stack(parts) for parts in zip(*found, strict=True)))

    def by_device(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return what each device finds (p,), (p, d): of others' blocks, nan."""
        stacked = [
            None if each is None else np.broadcast_to(each, (self._team.size, *each.shape))
            for each in (parameters, inputs, targets, noise)
        ]
        return self._network.together(*stacked)  # type: ignore[arg-type]

    def _chosen(self, found: Gradients) -> Gradients:
        """Take each block from its owner, and what all have found from the first device."""
        return Gradients(
            found.losses[0],
            _taken(found.gradients, self.owners),
            _taken(found.statistics, self._measurers),
        )


def _flat(arrays: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *(array.ravel() for array in arrays)])


def _taken(stack: Floats, owners: NDArray[np.int64]) -> Floats:
    """Return, of each column of a stack (p, d), its owner's entry."""
    return stack[np.maximum(owners, 0), np.arange(len(owners))]
