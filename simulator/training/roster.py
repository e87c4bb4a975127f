"""What a server knows of its workers."""

from __future__ import annotations

from simulator.training.clocks import Rule, Standing

__all__ = ['Roster']


class Roster:
    """Who waits for the model, how far each worker has come, and which of its lives it lives.

    Parameters
    ----------
    lives : list of int
        Of each worker: how often it has begun anew.
    idle : bool
        Whether they all wait for the model.
    """

    def __init__(self, lives: list[int], *, idle: bool = True):
        count = len(lives)
        self.lives = list(lives)
        self._finished = [0] * count
        self._fetched = [-1] * count
        # those asked in vain among them; a set that was large once takes long to read for ever
        self._idle = dict.fromkeys(range(count) if idle else ())
        self._new = list(self._idle)  # not asked yet
        self._asked_at = (-1, -1)
        self._slowest = 0
        self._at_slowest = count  # how many have ended no more rounds than that

    def ended(self, number: int) -> None:
        """Take note that a worker has pushed."""
        self._idle[number] = None
        self._new.append(number)
        self._finished[number] += 1
        if self._finished[number] == self._slowest + 1:
            self._at_slowest -= 1
            if self._at_slowest == 0:
                self._slowest += 1
                self._at_slowest = self._finished.count(self._slowest)

    def joined(self, number: int, life: int) -> None:
        """Take note that a worker has begun anew, and holds no model."""
        self.lives[number] = life
        self._idle[number] = None
        self._fetched[number] = -1
        self._asked_at = (-1, -1)

    def released(self, rule: Rule, version: int) -> list[tuple[int, int]]:
        """Return the idle workers that may proceed, the model having had *version* updates.

        Returns
        -------
        list of (int, int)
            Each worker's number, with the version it has; -1 if none.
        """
        # who was asked before would say the same, unless there is a new model or all have come on
        asked = self._new if self._asked_at == (version, self._slowest) else self._idle
        self._asked_at, self._new = (version, self._slowest), []
        released, may_proceed = [], rule.may_proceed
        for number in sorted(asked):
            has, rounds = self._fetched[number], self._finished[number]
            if may_proceed is None or may_proceed(Standing(rounds, self._slowest, version - has)):
                self._fetched[number] = version
                self._idle.pop(number, None)
                released.append((number, has))
        return released
