"""What the peers of a run have in common: models, mail, rounds, and how they are measured."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from simpy.events import Event

from simulator.catalogue import Choice
from simulator.compression import Compressor
from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.seeds import Seeds
from simulator.training.experiment import ELEMENT, Experiment
from simulator.training.gossip.lying_peers import LyingPeers
from simulator.training.gossip.neighbours import Neighbourhoods
from simulator.training.gossip.parcels import Compressing, Parcel
from simulator.training.gossip.post import Letter, Post, Posting
from simulator.training.gossip.rounds import Rounds
from simulator.training.lives import Lives
from simulator.training.local import LocalSteps
from simulator.training.nodes import average, consensus_distance, record_accuracies, spread_evenly
from simulator.training.promises import Ledger, Model, Walk, value_of
from simulator.transport import Message

__all__ = ['Behaviour', 'Letter', 'Partners', 'Program', 'Settings', 'Swarm']

Program = Generator[Event, Any, Any]

MOST_ROUTES = 20_000
BLOCK = 32


class Settings(NamedTuple):
    """What holds for all protocols.

    Attributes
    ----------
    near : Neighbourhoods
    steps : LocalSteps
        Of a peer between two exchanges.
    combine : Choice
        How a peer makes one model of its own and those received.
    compressor : Compressor, optional
        Of what peers send.
    own_starts : bool
        Whether each peer draws the model it begins with for itself.
    measured : int
        At most so many peers are evaluated one by one.
    """

    near: Neighbourhoods
    steps: LocalSteps
    combine: Choice
    compressor: Compressor | None = None
    own_starts: bool = False
    measured: int = 10


class Partners:
    """Draws neighbours evenly, from the stream of one peer; numbers are drawn a block at a time.

    Examples
    --------
    >>> from simulator.seeds import Seeds
    >>> Partners(Seeds(0), device=3).one_of([5])
    5
    """

    def __init__(self, seeds: Seeds, device: int):
        self._rng = seeds.stream('partners', device=device)
        self._draws: list[float] = []

    def draw(self) -> float:
        """Return a number, uniform on [0, 1)."""
        if not self._draws:
            self._draws = self._rng.random(BLOCK).tolist()
        return self._draws.pop()

    def one_of(self, others: Sequence[int]) -> int:
        """Return one of *others*."""
        return others[int(self.draw() * len(others))]


class Behaviour(Protocol):
    """A protocol at work: an entry of `PROTOCOLS`, called with the swarm, returns one."""

    def programs(self, number: int) -> Iterator[Program]:
        """Yield the programs that run at peer *number*."""
        ...

    def lost(self, message: Message) -> None:
        """Take note that a message will never arrive: it was given up."""
        ...

    def forget(self, number: int) -> None:
        """Drop what peer *number* held: its device has crashed."""
        ...


class Swarm:
    """The peers of a run: the workers of the cluster, numbered from 0.

    Parameters
    ----------
    experiment : Experiment
    settings : Settings

    Attributes
    ----------
    models : list
        Each peer's model now, as a rule promised.
    newcomers : set of int
        Peers that are away after a crash, or back and yet without a model of any worth.
    near : Neighbourhoods
    compressing : Compressing or None
        What makes parcels of models.
    partners : list of Partners
        Each draws whom a peer turns to.
    """

    def __init__(self, experiment: Experiment, settings: Settings):
        self.experiment = experiment
        self.settings = settings
        self.near = settings.near
        self.clock = experiment.clock
        self.devices = experiment.workers
        self.count = len(self.devices)
        self.ledger = Ledger(experiment.learning, experiment.optimizer)
        self.compressing = self._compressing(settings.compressor)
        self.starts = _starts(experiment, settings.own_starts)
        self.models: list[Model] = list(self.starts)
        self.newcomers: set[int] = set()
        self.liars = LyingPeers(experiment, self.ledger, settings.combine)
        self.rounds = Rounds(experiment, self.average, self.liars.numbers)
        self.partners = [Partners(experiment.cluster.seeds, device) for device in self.devices]
        self._walks: list[Walk | None] = [None] * self.count
        self._lives = Lives(experiment, crashed=self._crashed, returned=self._returned)
        self._post = Post(experiment, self.liars, self._lives, self._false)
        self._numbers = {device: number for number, device in enumerate(self.devices)}
        experiment.scoreboard.observers.append(self.measure)

    def run(self, protocol: Behaviour) -> dict[str, float]:
        """Let all peers gossip until the run is over; return what the summary says of it."""
        self.clock.on_loss = protocol.lost
        self._protocol = protocol
        self._find_routes()
        for number in range(self.count):
            self._start(number)
        self.experiment.run(self.average())
        values = self.values(self.alive)
        centre = self.experiment.scoreboard.parameters = average(values)
        figures = {'consensus': consensus_distance(values, centre)}
        return figures | (self.compressing.figures if self.compressing else {})

    # what a peer does

    def train(self, number: int, model: Model, round_: int) -> Walk:
        """Promise where the peer's next local steps lead from *model*."""
        device, now = self.devices[number], self.clock.now
        self.experiment.adversary.begins(number, device, round_ - 1, now)
        steps = self.settings.steps.of(round_)
        factors = self.experiment.rate_factors(round_, steps)
        before = self._walks[number]
        self._walks[number] = walk = self.ledger.walk(number, model, steps, before, factors)
        return walk

    def compute(self, number: int, round_: int) -> Event:
        """Let the peer's device work for its local steps; return the event of their end."""
        if number in self.liars.numbers and self.liars.conduct(number, round_).rushes:
            return self.clock.timeout(0.0)
        return self.experiment.gradients(number, self.settings.steps.of(round_), round_)

    def mix(self, own: Model, received: Sequence[Model], weights: Sequence[float]) -> Model:
        """Promise what becomes of one's own model and those received."""
        if not received:
            return own
        combine, many = self.settings.combine, len(received)

        def mixed(mine: Floats, *others: Any) -> Any:
            return combine(mine, others[:many], others[many:])

        return self.ledger.derive(mixed, own, *received, *weights)

    def mixing_work(self, number: int, models: int, round_: int) -> Event:
        """Let the peer's device work for what mixing so many models costs."""
        combine = self.settings.combine
        flops = combine.beside('flops')
        cost = flops(models, self.parameters, **combine.options) if flops else 0.0
        return self._work(number, cost, combine.name, 'aggregate', round_)

    def pack(self, number: int, model: Model) -> Parcel:
        """Return a peer's model as it is sent: compressed, where the scenario says so."""
        if self.compressing is None:
            return Parcel(model, ELEMENT * self.parameters)
        return self.compressing.pack(number, model)

    def compress(self, number: int, round_: int) -> Program:
        """Let the peer's device work for what compressing a model costs."""
        if self.compressing is not None:
            flops = self.compressing.compressor.flops(self.parameters)
            yield self._work(number, flops, 'compress', 'compute', round_)

    def send(
        self,
        target: int,
        letter: Letter,
        size: float | None = None,
        *,
        kind: str = 'model',
        reliable: bool = True,
    ) -> Event:
        """Send a letter of so many bytes (by default, a whole model); 0 is a note.

        Returns
        -------
        Event
            Fires when it has arrived.
        """
        if size is None:
            size = ELEMENT * self.parameters
        return self._post.send(Posting(target, letter, size, kind, reliable))

    def _false(self, posting: Posting) -> Any:
        """Return what a Byzantine peer says in place of the model in a letter, if there is one."""
        target, letter = posting.target, posting.letter
        content, near = letter.content, self.near.of(letter.round)
        model = getattr(content, 'model', content)
        if model is None:
            return None
        weighting = getattr(self._protocol, 'weights', None)
        shares = near.weights(weighting)[target] if weighting else None
        lie = self.liars.told(letter.source, target, letter.round, model, self.models, near, shares)
        return content._replace(model=lie) if hasattr(content, '_replace') else lie

    def tell(self, targets: Iterable[int], letter: Letter, size: float | None = None) -> None:
        """Send the same letter to each of *targets*; it is sent again where it is lost."""
        for target in targets:
            self.send(target, letter, size)

    def hand_over(self, number: int, letter: Letter, kind: str = 'model') -> None:
        """Put a letter that is at the peer already into its mailbox."""
        self.experiment.transport.hand_over(self.devices[number], letter, tag=kind)

    def receive(self, number: int, kind: str = 'model') -> Event:
        """Return an event whose value is the next message of that kind to the peer."""
        return self.experiment.transport.receive(self.devices[number], kind)

    def arrived(self, number: int, kind: str = 'model') -> list[Message]:
        """Return all messages of that kind that the peer has got and not read."""
        return self.experiment.transport.take(self.devices[number], kind)

    def waited(self, number: int, operation: str, round_: int, since: float) -> None:
        """Record that the peer has waited since then."""
        self.experiment.waited(self.devices[number], operation, round_, since)

    @property
    def parameters(self) -> int:
        """How many parameters a model has, d."""
        return self.experiment.parameters

    def number_of(self, device: int) -> int:
        """Return the number of the peer on a device."""
        return self._numbers[device]

    def is_down(self, number: int) -> bool:
        """Whether the peer's device stands still now."""
        return self.devices[number] in self.experiment.cluster.down

    # how they are measured

    @property
    def alive(self) -> list[int]:
        """Honest peers that have a model and are not down; all honest ones, where there is none."""
        everyone = [n for n in range(self.count) if n not in self.liars.numbers]
        everyone = everyone or list(range(self.count))
        up = [n for n in everyone if not self.is_down(n) and n not in self.newcomers]
        return up or everyone

    def values(self, numbers: Sequence[int]) -> list[Floats]:
        """Return the models of some peers, computed."""
        return [value_of(self.models[number]) for number in numbers]

    def average(self) -> Floats:
        """Return the average model of the peers that are not down."""
        return average(self.values(self.alive))

    def measure(self) -> None:
        """Record how far apart the peers are, and how good some of them are alone."""
        alive = self.alive
        values = self.values(alive)
        distance = consensus_distance(values, average(values))
        self.experiment.scoreboard.metric('consensus', distance)
        chosen = spread_evenly(self.count, self.settings.measured)
        some = sorted(set(chosen) & set(alive))
        record_accuracies(self.experiment, [self.devices[n] for n in some], self.values(some), some)

    def _compressing(self, compressor: Compressor | None) -> Compressing | None:
        if compressor is None:
            return None
        seeds = self.experiment.cluster.seeds
        return Compressing(compressor, self.ledger, self.parameters, seeds, self.devices)

    def _work(self, number: int, flops: float, operation: str, activity: str, round_: int) -> Event:
        cluster, device = self.experiment.cluster, self.devices[number]
        seconds = flops * self.experiment.scale.bytes / float(cluster.devices.speed[device])
        return cluster.work(device, seconds, operation=operation, activity=activity, step=round_)

    def _find_routes(self) -> None:
        """Find all routes to neighbours at once, which is faster, unless there are very many."""
        near = self.near.of(1)
        if near.messages > MOST_ROUTES:
            return
        pairs = [(peer, other) for peer, others in enumerate(near.targets) for other in others]
        source, target = np.array(pairs, np.int64).reshape(-1, 2).T
        table = self.experiment.cluster.fabric.table
        table.between(np.array(self.devices, np.int64), source, target)

    # devices that crash

    def _start(self, number: int) -> None:
        for program in self._protocol.programs(number):
            self._lives.start(self.devices[number], program)

    def _crashed(self, device: int) -> None:
        number = self._numbers.get(device)
        if number is None:
            return
        self.models[number] = self.starts[number]
        self._walks[number] = None
        self.newcomers.add(number)
        self._protocol.forget(number)

    def _returned(self, device: int) -> None:
        if device in self._numbers:
            self._start(self._numbers[device])


def _starts(experiment: Experiment, own: bool) -> list[Floats]:
    """Return the model each peer begins with."""
    learning, seeds = experiment.learning, experiment.cluster.seeds
    if not own:
        return [learning.initial] * len(experiment.workers)
    return [
        frozen(learning.model.init(seeds.stream('initial', device=device)))
        for device in experiment.workers
    ]
