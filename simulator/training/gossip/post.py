"""How peers' letters get on their way: those of the honest as they are, of liars as they like."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from simpy.events import Event

from simulator.robust.attacks import Conduct
from simulator.training.experiment import Experiment
from simulator.training.gossip.lying_peers import LyingPeers
from simulator.training.lives import CONTROL, Lives

__all__ = ['Letter', 'Post', 'Posting']


class Letter(NamedTuple):
    """What peers send each other.

    Attributes
    ----------
    source : int
        The sender's number.
    round : int
        The sender's.
    content : object
        A promised model, or what the protocol makes of one.
    """

    source: int
    round: int
    content: Any


class Posting(NamedTuple):
    """A letter, to whom it goes, and how.

    Attributes
    ----------
    target : int
    letter : Letter
    bytes : float
        Of the small model; 0 is a note.
    kind : str
        What the receiver asks for.
    reliable : bool
        Whether it is sent again when it is lost.
    """

    target: int
    letter: Letter
    bytes: float
    kind: str
    reliable: bool


class Post:
    """Sends letters.

    Parameters
    ----------
    experiment : Experiment
    liars : LyingPeers
    lives : Lives
        Where what is held back waits.
    false : callable
        ``Posting -> content``: what a Byzantine peer says in place of what it should.
    """

    def __init__(
        self,
        experiment: Experiment,
        liars: LyingPeers,
        lives: Lives,
        false: Callable[[Posting], Any],
    ):
        self._experiment = experiment
        self._liars = liars
        self._lives = lives
        self._false = false

    def send(self, posting: Posting) -> Event:
        """Send a letter; return the event of its arrival, if it is sent at all."""
        letter = posting.letter
        if letter.source not in self._liars.numbers:
            return self._carry(posting, posting.kind)
        conduct = self._liars.conduct(letter.source, letter.round)
        if conduct.delay is None:
            return self._tell(conduct, posting)
        device = self._experiment.workers[letter.source]
        self._lives.start(device, self._later(conduct.delay, conduct, posting))
        return Event(self._experiment.clock)

    def _later(
        self, seconds: float, conduct: Conduct, posting: Posting
    ) -> Generator[Event, Any, None]:
        yield self._experiment.clock.timeout(seconds)
        self._tell(conduct, posting)

    def _tell(self, conduct: Conduct, posting: Posting) -> Event:
        if self._liars.is_silent(conduct):
            return Event(self._experiment.clock)
        told = posting.letter._replace(content=self._false(posting))
        event = self._carry(posting._replace(letter=told), posting.kind)
        size, scale = conduct.bytes, self._experiment.scale.bytes
        more = posting.bytes if size is None else size / scale
        for _ in range(conduct.copies):
            self._carry(posting._replace(letter=told, bytes=more), 'flood')
        return event

    def _carry(self, posting: Posting, called: str) -> Event:
        experiment, letter, size = self._experiment, posting.letter, posting.bytes
        return experiment.transport.send(
            experiment.workers[letter.source],
            experiment.workers[posting.target],
            size * experiment.scale.bytes if size else CONTROL,
            letter,
            kind=called,
            tag=posting.kind,
            step=letter.round,
            reliable=posting.reliable,
        )
