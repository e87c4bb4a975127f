"""The adversary: one mind that controls all Byzantine nodes of a run.

A training kind is handed one in ``experiment.adversary``, and uses it like this:

1. It declares which roles it knows: ``roles(**options)`` beside it in the catalogue, a mapping of
   a name such as ``'workers'`` to a `Role`. What a role does not declare, scenarios are refused.
2. Where a node is about to send, it asks ``adversary.attacks(device, 'values', done, now)``: the
   attacks that act now, as a rule none. `done` is how many rounds *that node* has ended.
3. Where there are some, what goes out is a row of ``adversary.lies(role, own, honest, ...)``: the
   would-be vectors of all its Byzantine nodes go in, (b, d), and a function that returns what the
   honest ones send, (h, d), which is called only if an attack looks at it. Hand over as much as
   is known then: whatever has been asked of the gradient pool by now may be looked at. Put off
   the call until the value is due, as gradients are.
4. ``adversary.conduct(device, done, now)`` tells what attacks on time make of a node's behaviour:
   a `Conduct` for the node program to follow, after the values have been settled.
5. Before a worker's gradient is asked for, ``adversary.begins(number, device, done, now)`` lets
   attacks on data act: its mini-batch is then taken from poisoned samples. (Who never calls it
   has them act from beginning to end.)

Without Byzantine nodes ``adversary.controls(device)`` is false everywhere, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from simulator.catalogue import Choice
from simulator.learning import Learning
from simulator.learning.arrays import Floats
from simulator.robust.attacks import HONEST, Conduct, View, acts_on, knows, sent
from simulator.robust.attacks.attack import ActsOn, Knowledge
from simulator.seeds import Seeds
from simulator.training.poisoning import poisoned

__all__ = ['ALWAYS', 'Adversary', 'Liars', 'Moment', 'Role', 'Window']


class Role(NamedTuple):
    """What Byzantine nodes can be in a training kind.

    Attributes
    ----------
    hosts : str
        Role in the topology: worker or server.
    acts_on : tuple of str
        Which attacks the kind carries out there.
    tries_rule : bool
        Whether receivers have an aggregation rule that an attack can try out.
    has_receiver : bool
        Whether receivers have a vector of their own, as peers have.
    tells_apart : bool
        Whether a node sends to several receivers, and may tell each something else.
    has_deadline : bool
        Whether receivers say until when they take a message: how long a delay may be.
    """

    hosts: str
    acts_on: tuple[ActsOn, ...] = ('values', 'data')
    tries_rule: bool = False
    has_receiver: bool = False
    tells_apart: bool = False
    has_deadline: bool = False


@dataclass(frozen=True)
class Moment:
    """A point in a run: when so many rounds have been ended, or at so many simulated seconds."""

    count: float
    unit: Literal['rounds', 'seconds'] = 'rounds'

    def is_past(self, done: int, now: float) -> bool:
        """Whether it has come for a node that has ended *done* rounds."""
        return (done if self.unit == 'rounds' else now) >= self.count


class Window(NamedTuple):
    """When liars act: from a moment on, until another has come.

    Examples
    --------
    >>> window = Window(Moment(2), Moment(4))
    >>> [window.holds(done, now=0.0) for done in range(6)]
    [False, False, True, True, False, False]
    """

    start: Moment | None = None
    end: Moment | None = None

    def holds(self, done: int, now: float) -> bool:
        """Whether a node that has ended *done* rounds lies at that time."""
        begun = self.start is None or self.start.is_past(done, now)
        return begun and not (self.end is not None and self.end.is_past(done, now))


ALWAYS = Window()


class Liars(NamedTuple):
    """The Byzantine nodes of one role.

    Attributes
    ----------
    role : str
        workers, servers, peers or ranks.
    devices : tuple of int
        Sorted.
    attacks : tuple of Choice
        In the order in which they act.
    window : Window
    knowledge : {'own', 'all'}
        Whether they see what all honest nodes send, or their own vectors only.
    """

    role: str
    devices: tuple[int, ...]
    attacks: tuple[Choice, ...]
    window: Window = ALWAYS
    knowledge: Knowledge = 'all'

    def on(self, what: ActsOn) -> tuple[Choice, ...]:
        """Return the attacks on values, data or time."""
        return tuple(each for each in self.attacks if acts_on(each) == what)


class Adversary:
    """The mind behind all Byzantine nodes.

    Parameters
    ----------
    liars : sequence of Liars
        At most one a role; none by default.
    seeds : Seeds, optional
        Streams ``attack``, by role and place, and ``poison``, by worker; needed where there
        are liars.

    Examples
    --------
    >>> from simulator.robust.attacks import ATTACKS
    >>> liars = Liars('workers', (3, 5), (ATTACKS.read('sign_flip'),), Window(Moment(1)))
    >>> adversary = Adversary([liars], Seeds(7))
    >>> adversary.controls(5), adversary.controls(4)
    (True, False)
    >>> [len(adversary.attacks(5, 'values', done, now=0.0)) for done in (0, 1)]
    [0, 1]
    >>> adversary.lies('workers', np.array([[1.0], [2.0]]), honest=lambda: np.ones((4, 1)))
    array([[-1.],
           [-2.]])
    """

    def __init__(self, liars: Sequence[Liars] = (), seeds: Seeds | None = None):
        self.liars = {each.role: each for each in liars}
        self._seeds = seeds or Seeds(0)
        self._by_device = {device: each for each in liars for device in each.devices}
        self._poisons: Learning | None = None

    def __bool__(self) -> bool:
        """Whether there is any Byzantine node."""
        return bool(self._by_device)

    def plain(self) -> dict[str, Any]:
        """Return who lies, how and when, as plain data by role: for manifests."""
        return {
            role: {
                'nodes': list(each.devices),
                'attack': [attack.plain() for attack in each.attacks],
                'from': _plain(each.window.start),
                'until': _plain(each.window.end),
                'knowledge': each.knowledge,
            }
            for role, each in self.liars.items()
        }

    def controls(self, device: int) -> bool:
        """Whether a device is Byzantine."""
        return device in self._by_device

    def among(self, devices: Sequence[int]) -> list[int]:
        """Return the positions of Byzantine devices in a sequence."""
        return [place for place, device in enumerate(devices) if device in self._by_device]

    def acts(self, what: ActsOn, devices: Sequence[int]) -> bool:
        """Whether an attack of any of the devices acts on values, data or time, at any moment."""
        return any(self._by_device[devices[place]].on(what) for place in self.among(devices))

    def attacks(self, device: int, what: ActsOn, done: int, now: float) -> tuple[Choice, ...]:
        """Return the attacks on values, data or time that a device carries out now.

        Parameters
        ----------
        device : int
        what : {'values', 'data', 'time'}
        done : int
            Rounds that it has ended.
        now : float
            Simulated seconds.
        """
        liars = self._by_device.get(device)
        if liars is None or not liars.window.holds(done, now):
            return ()
        return liars.on(what)

    def conduct(self, device: int, done: int, now: float) -> Conduct:
        """Return how a device behaves in time now, as its attacks on time have it."""
        conduct = HONEST
        for choice in self.attacks(device, 'time', done, now):
            conduct = choice(conduct)
        return conduct

    def lies(
        self,
        role: str,
        own: Floats,
        honest: Callable[[], Floats],
        *,
        n: int = 0,
        rule: Callable[[Floats], Floats] | None = None,
        step: int = 0,
        receiver: Floats | None = None,
        weights: Floats | None = None,
        target: int | None = None,
        place: str = '',
    ) -> Floats:
        """Return what the Byzantine nodes of a role send to one receiver, or to all, (b, d).

        Attacks on values act one after another: what one would send is the next one's own.

        Parameters
        ----------
        role : str
        own : array, shape (b, d)
            What they would send, were they honest.
        honest : callable
            Returns what the honest nodes send, (h, d), as far as that is known; h may be 0. It
            is called only if an attack looks at it, and knowledge is not restricted.
        n : int
            How many vectors the receiver aggregates; h + b by default.
        rule : callable, optional
            ``(n, d) -> (d,)``: the receiver's aggregation, to be tried out at will.
        step : int
            Of the liars; it names the stream of draws, together with *target* and *place*.
        receiver : array, shape (d,), optional
            The receiver's own vector, where it has one.
        weights : array, shape (h + b,), optional
            The receiver's weight of each sender, honest ones first.
        target : int, optional
            Number of the receiver, where each gets lies of its own.
        place : str
            Tells draws of the same step apart.
        """
        liars = self.liars[role]
        chosen = liars.on('values')
        sees = liars.knowledge == 'all' and any(knows(each) == 'all' for each in chosen)
        known = honest() if sees else own
        view = View(
            honest=known,
            own=own,
            rng=self._draws(role, step, target, place),
            n=n or len(known) + len(own),
            rule=rule,
            step=step,
            receiver=receiver,
            weights=weights if sees else None,
            target=target,
        )
        for choice in chosen:
            view = view.with_own(sent(choice, view))
        return view.own

    def differs(self, role: str) -> bool:
        """Whether the Byzantine nodes of a role tell each receiver something of its own."""
        return any(each.beside('per_receiver') for each in self.liars[role].on('values'))

    def poison(self, learning: Learning, workers: Sequence[int]) -> None:
        """Let the attacks on data change the samples of Byzantine workers.

        Parameters
        ----------
        learning : Learning
        workers : sequence of int
            Devices, by number of the worker.
        """
        lies = {}
        for number in self.among(workers):
            if chosen := self._by_device[workers[number]].on('data'):
                rng = self._seeds.stream('poison', worker=number)
                lies[number] = poisoned(learning, number, chosen, rng)
        if lies:
            learning.poison(lies)
            self._poisons = learning

    def begins(self, number: int, device: int, done: int, now: float) -> None:
        """Take note that a worker, by number, begins a round: its data may lie in that one."""
        if self._poisons is not None and device in self._by_device:
            self._poisons.mislead(number, on=bool(self.attacks(device, 'data', done, now)))

    def _draws(self, role: str, step: int, target: int | None, place: str) -> np.random.Generator:
        to = -1 if target is None else target
        return self._seeds.stream('attack', role=role, step=step, to=to, place=place)


def _plain(moment: Moment | None) -> dict[str, Any] | None:
    return None if moment is None else {moment.unit: moment.count}
