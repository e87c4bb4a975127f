"""What the fabric is told of a task, and what it tells of those that somebody waits for."""

from __future__ import annotations

from typing import Literal, NamedTuple

from simulator.cluster.kernel import words

__all__ = ['COMPUTATION', 'GATES', 'KINDS', 'REDUCE', 'RELIABLE', 'TRANSFER', 'WATCH', 'Woken']

TRANSFER, COMPUTATION = int(words.TRANSFER), int(words.COMPUTATION)  # numpy's are slow to pass
WATCH, RELIABLE, REDUCE = 1, 2, 4
GATES = int(words.GATES)
Kind = Literal['done', 'gate', 'lost', 'gone']
KINDS: tuple[Kind, ...] = ('done', 'gate', 'lost', 'gone')


class Woken(NamedTuple):
    """Something somebody waited for: a task done, a message lost, a gate open, work gone."""

    kind: Kind
    id: int
