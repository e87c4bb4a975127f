"""Graphs under construction: operations added one by one, the way back, then their costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from simulator.catalogue import Choice
from simulator.cluster.laws import drawn
from simulator.errors import PlacementError
from simulator.placement.graph import OperationGraph

__all__ = ['Costs', 'Sketch']

VARIABLE, READ = 'variable', 'read'


class Costs(NamedTuple):
    """What operations cost, each drawn from a law or the same for all.

    Attributes
    ----------
    flops : float or Choice
        Of an operation; that which holds a variable computes nothing.
    output : float or Choice
        Bytes of an operation's output.
    parameters : float or Choice
        Bytes of a variable, which are its output too.
    kinds : mapping of str to float
        The share of operations that need each kind of device.
    """

    flops: float | Choice
    output: float | Choice
    parameters: float | Choice
    kinds: Mapping[str, float]


class Sketch:
    """A graph of operations whose costs are still to come.

    Examples
    --------
    >>> sketch = Sketch()
    >>> loss = sketch.add('loss', 'matmul', [sketch.constant('images'), sketch.variable('w')])
    >>> forward = len(sketch)
    >>> sketch.finish(loss)
    >>> sketch.names[forward : forward + 3]
    ['loss/one', 'loss/shape/0', 'loss/shape/1']
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.types: list[str] = []
        self.groups: list[str] = []
        self.inputs: list[list[int]] = []
        self.variables: list[tuple[int, int]] = []  # each with its reading
        self.assigned: list[int] = []  # what sets first values

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: str, type_: str, inputs: Iterable[int] = (), group: str = '') -> int:
        """Add an operation and return its number."""
        self.names.append(name)
        self.types.append(type_)
        self.groups.append(group)
        self.inputs.append(list(inputs))
        return len(self.names) - 1

    def constant(self, name: str) -> int:
        """Add a constant: an operation that needs nothing."""
        return self.add(name, 'constant')

    def variable(self, name: str) -> int:
        """Add a variable with the operations that draw its first values; return its reading.

        The variable, its reading and whatever sets it are in one group.
        """
        own = self.add(name, VARIABLE, group=name)
        drawn = [self.constant(f'{name}/initial/{what}') for what in ('shape', 'mean', 'deviation')]
        noise = self.add(f'{name}/initial/random', 'random', drawn[:1])
        scaled = self.add(f'{name}/initial/multiply', 'multiply', [noise, drawn[2]])
        first = self.add(f'{name}/initial', 'add', [scaled, drawn[1]])
        self.assigned.append(self.add(f'{name}/assign', 'assign', [own, first], group=name))
        self.variables.append((own, self.add(f'{name}/read', READ, [own], group=name)))
        return self.variables[-1][1]

    def finish(self, loss: int) -> None:
        """Add the backward pass from *loss*, the updates, and what waits for all of them."""
        gradients = self._backward(loss)
        rate = self.constant('optimizer/rate')
        updates = [
            self._update(self.names[own], own, gradients[read], rate)
            for own, read in self.variables
            if read in gradients
        ]
        self.add('train', 'group', updates)
        self.add('initialize', 'group', self.assigned)

    def _backward(self, loss: int) -> dict[int, int]:
        """Add gradients in reverse order; return that of each variable's reading.

        The gradient of an operation needs the sum of those of all that use it, and its inputs;
        what has no variable before it has none.
        """
        learns: list[bool] = []
        for k, inputs in enumerate(self.inputs):
            learns.append(self.types[k] == READ or any(learns[u] for u in inputs))
        upstream: dict[int, list[int]] = {loss: [self.constant(f'{self.names[loss]}/one')]}
        summed = {}
        for k in range(loss, -1, -1):
            if learns[k] and k in upstream:
                name, parts = self.names[k], upstream[k]
                several = len(parts) > 1
                summed[k] = self.add(f'{name}/sum', 'add_n', parts) if several else parts[0]
                if self.types[k] != READ:
                    for u, gradient in self._gradients(k, summed[k], learns):
                        upstream.setdefault(u, []).append(gradient)
        return {read: summed[read] for _, read in self.variables if read in summed}

    def _gradients(self, k: int, upstream: int, learns: list[bool]) -> list[tuple[int, int]]:
        """Add the gradients of operation *k* by each input that learns; return both."""
        name, type_, inputs = self.names[k], f'{self.types[k]}_gradient', self.inputs[k]
        if len(inputs) == 1:
            return [(inputs[0], self.add(f'{name}/gradient', type_, [upstream, *inputs, k]))]
        shapes = [self.add(f'{name}/shape/{i}', 'shape', [u]) for i, u in enumerate(inputs)]
        sizes = self.add(f'{name}/broadcast', 'broadcast', shapes)
        found = []
        for i, u in enumerate(inputs):
            if learns[u]:
                others = [other for other in inputs if other != u]
                raw = self.add(f'{name}/gradient/{i}', type_, [upstream, *others])
                fitted = self.add(f'{name}/gradient/{i}/reduce', 'reduce', [raw, sizes])
                found.append((u, fitted))
        return found

    def _update(self, name: str, own: int, gradient: int, rate: int) -> int:
        """Add the update of a variable by its two moments; return it."""
        needs = [own, gradient, rate]
        for moment in ('mean', 'square'):
            slot = self.add(f'{name}/{moment}', VARIABLE, group=name)
            zeros = self.constant(f'{name}/{moment}/zeros')
            needs.append(slot)
            self.assigned.append(
                self.add(f'{name}/{moment}/assign', 'assign', [slot, zeros], group=name)
            )
        return self.add(f'{name}/update', 'update', needs, group=name)

    def graph(self, rng: np.random.Generator, costs: Costs) -> OperationGraph:
        """Return the graph, its costs drawn.

        Raises
        ------
        PlacementError
            If more than all operations need a kind.
        """
        count = len(self)
        flops = drawn(costs.flops, rng, count)
        outputs = drawn(costs.output, rng, count)
        held = drawn(costs.parameters, rng, count)
        variable = np.array([each == VARIABLE for each in self.types])
        ends = [(u, k) for k, inputs in enumerate(self.inputs) for u in inputs]
        before, after = np.array(ends, np.int64).reshape(-1, 2).T
        return OperationGraph(
            tuple(self.names),
            np.where(variable, 0.0, flops),
            np.where(variable, held, 0.0),
            np.where(variable, held, outputs),
            before,
            after,
            kinds=tuple(self._kinds(rng, costs.kinds)),
            groups=tuple(self.groups),
            types=tuple(self.types),
        )

    def _kinds(self, rng: np.random.Generator, shares: Mapping[str, float]) -> list[str]:
        """Draw the kind that each operation needs, one for all of a group."""
        total = sum(shares.values())
        if total > 1:
            raise PlacementError(f'kinds: the shares sum to {total:g}; they must be at most 1')
        names = [*shares, '']
        drawn_ = rng.choice(len(names), len(self), p=[*shares.values(), max(0.0, 1 - total)])
        kinds = [names[number] for number in drawn_]
        leader = {group: k for k, group in reversed(list(enumerate(self.groups))) if group}
        return [kinds[leader.get(group, k)] for k, group in enumerate(self.groups)]
