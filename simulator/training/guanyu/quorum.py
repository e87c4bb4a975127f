"""Quorums: the first messages of a step, each from another sender, whoever comes late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeAlias

from simpy.events import Event

__all__ = ['Desk', 'Goal', 'Letter', 'Program', 'Quorum']

Program: TypeAlias = Generator[Event, Any, Any]


class Letter(NamedTuple):
    """What servers and workers send each other.

    Attributes
    ----------
    kind : str
    step : int
        The sender's, from 1.
    source : int
        The device it comes from: channels are authenticated, so nobody writes in another's name.
    content : object
        A promised vector.
    """

    kind: str
    step: int
    source: int
    content: Any


class Goal(NamedTuple):
    """What a node waits for: so many letters of a kind, of a step, or of a later one as well."""

    kind: str
    step: int
    size: int
    later: bool = False


class Quorum(NamedTuple):
    """Letters of one kind and step, in the order in which they came."""

    kind: str
    step: int
    letters: list[Letter]

    @property
    def contents(self) -> list[Any]:
        """What was sent, by sender: no result depends on the order of arrival."""
        return [each.content for each in sorted(self.letters, key=lambda each: each.source)]


class Desk:
    """The letters to one node, by kind and step; of each sender the first one counts.

    Parameters
    ----------
    receive : callable
        Returns an event whose value is the next letter's message.
    take : callable
        Returns the messages that are there already.
    watch : callable, optional
        Told of each letter that is kept, and how many of its kind and step there are now.

    Examples
    --------
    >>> desk = Desk(lambda: None, lambda: [])
    >>> for source in (5, 5, 3, 4):
    ...     desk.keep(Letter('model', 2, source, f'from {source}'))
    >>> desk.reached(Goal('model', 1, 2, later=True)).contents
    ['from 3', 'from 5']
    >>> desk.reached(Goal('model', 1, 2)), desk.reached(Goal('model', 2, 4))
    (None, None)
    """

    def __init__(
        self,
        receive: Callable[[], Event],
        take: Callable[[], list[Any]],
        watch: Callable[[Letter, int], None] | None = None,
    ):
        self._receive = receive
        self._take = take
        self._watch = watch
        self._held: defaultdict[str, dict[int, dict[int, Letter]]] = defaultdict(dict)
        self._present = 0

    def first(self, *goals: Goal) -> Program:
        """Wait until one of some goals is reached; return its quorum. Earlier goals go first."""
        for message in self._take():
            self.keep(message.payload)
        while True:
            for goal in goals:
                found = self.reached(goal)
                if found is not None:
                    return found
            message = yield self._receive()
            self.keep(message.payload)

    def reached(self, goal: Goal) -> Quorum | None:
        """Return the quorum that a goal asks for, of the latest step that has one; None if none."""
        by_step = self._held[goal.kind]
        steps = sorted(by_step, reverse=True) if goal.later else [goal.step]
        for step in steps:
            letters = by_step.get(step, {})
            if step >= goal.step and len(letters) >= goal.size:
                return Quorum(goal.kind, step, list(letters.values())[: goal.size])
        return None

    def keep(self, letter: Letter) -> None:
        """Keep a letter, if it is not of a step that is over, nor the sender's second one."""
        if letter.step >= self._present:
            of_step = self._held[letter.kind].setdefault(letter.step, {})
            of_step.setdefault(letter.source, letter)
            if self._watch is not None:
                self._watch(letter, len(of_step))

    def forget_before(self, step: int) -> None:
        """Let go of all letters of earlier steps."""
        self._present = step
        for by_step in self._held.values():
            for each in [each for each in by_step if each < step]:
                del by_step[each]
