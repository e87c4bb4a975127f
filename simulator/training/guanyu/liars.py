"""The adversary's hand on GuanYu: what Byzantine servers and workers send, when, and to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from simulator.learning.arrays import Floats
from simulator.robust.attacks import Conduct
from simulator.training.adversary import Role
from simulator.training.experiment import Experiment
from simulator.training.guanyu.quorum import Letter, Program
from simulator.training.promises import Ledger, Model

__all__ = ['Messenger', 'Party', 'roles_of_guanyu']

Rule = Callable[[Floats], Floats]
LONG_AGO = 10
"""Steps after which nobody asks any more how many letters there were."""

Place = tuple[int, str, int]  # a receiver's device, the kind and the step of a letter


def roles_of_guanyu(**_: Any) -> dict[str, Role]:
    """Return what Byzantine nodes can be."""
    return {
        'workers': Role(
            'worker',
            ('values', 'data', 'time'),
            tries_rule=True,
            tells_apart=True,
            has_deadline=True,
        ),
        'servers': Role(
            'server', ('values', 'time'), tries_rule=True, tells_apart=True, has_deadline=True
        ),
    }


class Party(NamedTuple):
    """The nodes of one role, as the adversary sees them.

    Attributes
    ----------
    role : str
    devices : list of int
    quorum : int
        How many vectors a receiver aggregates.
    rule : callable
        By which rule.
    """

    role: str
    devices: list[int]
    quorum: int
    rule: Rule


class Messenger:
    """Sends letters: those of the honest as they are, those of Byzantine nodes as they like.

    An omniscient adversary sees, of each honest node, the last vector of that kind that has been
    asked for when its own node sends; who holds a letter back has seen more by then. One that is
    held back as long as may be goes out when its receiver misses no more than the liars' letters.

    Parameters
    ----------
    experiment : Experiment
    ledger : Ledger
        Where lies are promised, as all vectors are.
    parties : mapping of str to Party
        By kind of letter: whose letters they are.
    """

    def __init__(self, experiment: Experiment, ledger: Ledger, parties: dict[str, Party]):
        self._experiment = experiment
        self._adversary = experiment.adversary
        self._ledger = ledger
        self._parties = parties
        self._known: defaultdict[str, dict[int, Model]] = defaultdict(dict)
        self._places = {
            device: place
            for devices in (experiment.workers, experiment.servers)
            for place, device in enumerate(devices)
        }
        self._draws = experiment.cluster.seeds.stream('silence')
        self._counts: dict[Place, int] = {}
        self._held: defaultdict[Place, list[tuple[Conduct, Letter]]] = defaultdict(list)
        self.byzantine = frozenset(
            each for each in (*experiment.workers, *experiment.servers) if self.controls(each)
        )

    def controls(self, device: int) -> bool:
        """Whether a device is Byzantine."""
        return self._adversary.controls(device)

    def conduct(self, device: int, step: int) -> Conduct:
        """Return how a device behaves in its step number *step*, from 1."""
        return self._adversary.conduct(device, step - 1, self._experiment.clock.now)

    def knows(self, letter: Letter) -> None:
        """Take note of what a node would honestly send."""
        self._known[letter.kind][letter.source] = letter.content

    def send(self, targets: Sequence[int], letter: Letter) -> Program | None:
        """Send a letter; return the program to run where it is held back."""
        if not self.controls(letter.source):
            for target in targets:
                self._post(target, letter)
            return None
        conduct = self.conduct(letter.source, letter.step)
        if conduct.delay is not None:
            return self._later(conduct.delay, conduct, targets, letter)
        if conduct.delays:
            for target in targets:
                self._hold(conduct, target, letter)
            return None
        self._spread(conduct, targets, letter)
        return None

    def seen(self, target: int, letter: Letter, count: int) -> None:
        """Take note that a node has *count* letters of a kind and step: liars may have waited."""
        place = target, letter.kind, letter.step
        self._counts[place] = count
        old = target, letter.kind, letter.step - LONG_AGO
        self._counts.pop(old, None)
        self._held.pop(old, None)
        if count >= self._enough(letter.kind):
            for conduct, held in self._held.pop(place, ()):
                self._spread(conduct, [target], held)

    def _hold(self, conduct: Conduct, target: int, letter: Letter) -> None:
        """Hold a letter back until its receiver misses no more than the liars' for its quorum."""
        place = target, letter.kind, letter.step
        if self._counts.get(place, 0) >= self._enough(letter.kind):
            self._spread(conduct, [target], letter)
        else:
            self._held[place].append((conduct, letter))

    def _enough(self, kind: str) -> int:
        """Return how many letters a receiver needs beside those of the liars."""
        party = self._parties[kind]
        return party.quorum - len(self.byzantine.intersection(party.devices))

    def _later(
        self, seconds: float, conduct: Conduct, targets: Sequence[int], letter: Letter
    ) -> Program:
        yield self._experiment.clock.timeout(seconds)
        self._spread(conduct, targets, letter)

    def _spread(self, conduct: Conduct, targets: Sequence[int], letter: Letter) -> None:
        """Send what Byzantine nodes send instead of a letter."""
        for target, content in zip(targets, self._contents(targets, letter), strict=True):
            told = letter._replace(content=content)
            if conduct.silence and self._draws.random() < conduct.silence:
                continue
            self._post(target, told)
            for _ in range(conduct.copies):
                self._post(target, told, 'flood', conduct.bytes)

    def _contents(self, targets: Sequence[int], letter: Letter) -> list[Model]:
        """Return what each target is told."""
        now = self._experiment.clock.now
        chosen = self._adversary.attacks(letter.source, 'values', letter.step - 1, now)
        if not chosen:
            content = self._stand_in(letter) if letter.content is None else letter.content
            return [content] * len(targets)
        if not self._adversary.differs(self._parties[letter.kind].role):
            return [self._lie(letter, None)] * len(targets)
        return [self._lie(letter, self._places[target]) for target in targets]

    def _lie(self, letter: Letter, target: int | None) -> Model:
        """Promise what a letter says instead."""
        known = self._known[letter.kind]
        honest = [known[each] for each in sorted(known) if each not in self.byzantine]
        content = self._stand_in(letter) if letter.content is None else letter.content
        own = {each: known[each] for each in sorted(known) if each in self.byzantine}
        own[letter.source] = content
        place = sorted(own).index(letter.source)
        made = partial(self._made, letter, target, len(own), place)
        return self._ledger.derive(made, *(own[each] for each in sorted(own)), *honest)

    def _made(
        self, letter: Letter, target: int | None, liars: int, place: int, *seen: Floats
    ) -> Floats:
        party, own, honest = self._parties[letter.kind], np.stack(seen[:liars]), seen[liars:]

        def known() -> Floats:
            return np.stack(honest) if honest else own[:0]

        lies = self._adversary.lies(
            party.role,
            own,
            known,
            n=party.quorum,
            rule=party.rule,
            step=letter.step,
            target=target,
            place=f'{letter.kind} {letter.source}',
        )
        return np.array(lies[place])

    def _stand_in(self, letter: Letter) -> Model:
        """Return what a node that has computed nothing takes for its own vector."""
        party, known = self._parties[letter.kind], self._known[letter.kind]
        honest = [known[each] for each in sorted(known) if each not in self.byzantine]
        if self._adversary.liars[party.role].knowledge == 'own' or not honest:
            return np.zeros(self._experiment.parameters, np.float32)
        return self._ledger.derive(_mean, *honest)

    def _post(self, target: int, letter: Letter, kind: str = '', size: float | None = None) -> None:
        experiment = self._experiment
        if size is None:
            size = experiment.wire_bytes(experiment.parameters)
        experiment.transport.send(
            letter.source,
            target,
            size,
            letter,
            kind=kind or letter.kind,
            tag='letter',
            step=letter.step,
        )


def _mean(*vectors: Floats) -> Floats:
    return np.asarray(np.mean(vectors, axis=0, dtype=np.float64), vectors[0].dtype)
