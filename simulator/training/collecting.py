"""What a server has got from its workers, until it makes an update of it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from simulator.training.pushes import Pushed

__all__ = ['Batch', 'Buffer', 'Collected', 'Pile']


class Batch(NamedTuple):
    """What an update is made of.

    Attributes
    ----------
    vectors : list of Pushed
        What is aggregated, in the order of the workers.
    new : list of Pushed
        Those among them that have come since the last update.
    """

    vectors: list[Pushed]
    new: list[Pushed]


class Collected(Protocol):
    """Gathers what workers push to one server."""

    def add(self, pushed: Pushed) -> None:
        """Take what has arrived."""
        ...

    def drop(self, worker: int) -> None:
        """Forget what a worker has pushed: it has begun anew."""
        ...

    def ready(self, shard: int, version: int, *, overdue: bool) -> bool:
        """Whether there is enough for an update, after *version* of them."""
        ...

    def take(self, shard: int, version: int) -> Batch:
        """Return what the update is made of."""
        ...


class Pile:
    """So many gradients make an update, and are gone.

    Parameters
    ----------
    enough : int
        Gradients that make an update.
    least : int
        How many do when it is overdue.
    """

    def __init__(self, enough: int, least: int = 1):
        self._enough = enough
        self._least = least
        self._pushed: list[Pushed] = []

    def add(self, pushed: Pushed) -> None:
        """Take what has arrived."""
        self._pushed.append(pushed)

    def drop(self, worker: int) -> None:
        """Forget what a worker has pushed: it pushes it again."""
        self._pushed = [each for each in self._pushed if each.worker != worker]

    def ready(self, shard: int, version: int, *, overdue: bool) -> bool:
        """Whether there are enough."""
        count = len(self._pushed)
        return count >= self._enough or (overdue and count >= self._least)

    def take(self, shard: int, version: int) -> Batch:
        """Return all, and begin anew."""
        taken, self._pushed = self._pushed, []
        if len(taken) > 1:
            taken.sort(key=lambda each: each.worker)  # not as they arrived
        return Batch(taken, taken)


class Buffer:
    """The latest gradient of each worker; each that arrives makes an update of all.

    A worker counts once, however much it sends.

    Parameters
    ----------
    least : int
        Workers whose gradients are there before anything is done.
    oldest : int, optional
        Updates since the model was read that a gradient was computed from; older ones do not
        count. By default they all do.
    """

    def __init__(self, least: int, oldest: int | None = None):
        self._least = least
        self._oldest = oldest
        self._latest: dict[int, Pushed] = {}
        self._new: list[Pushed] = []

    def add(self, pushed: Pushed) -> None:
        """Take what has arrived, in place of what that worker sent before."""
        self._latest[pushed.worker] = pushed
        self._new.append(pushed)

    def drop(self, worker: int) -> None:
        """Forget what a worker has pushed: it has crashed."""
        self._latest.pop(worker, None)
        self._new = [each for each in self._new if each.worker != worker]

    def ready(self, shard: int, version: int, *, overdue: bool) -> bool:
        """Whether something new has come, and enough are young enough."""
        return bool(self._new) and len(self._young(shard, version)) >= self._least

    def take(self, shard: int, version: int) -> Batch:
        """Return those that are young enough."""
        new, self._new = self._new, []
        return Batch(self._young(shard, version), new)

    def _young(self, shard: int, version: int) -> list[Pushed]:
        latest = [self._latest[worker] for worker in sorted(self._latest)]
        if self._oldest is None:
            return latest
        return [each for each in latest if version - each.versions[shard] <= self._oldest]
