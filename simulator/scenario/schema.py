"""The sections of a scenario: what may stand in a file, with units, bounds and defaults.

Whatever is not here, or in the signature of a catalogue's entry, is refused. A key is added by
adding a field; its docstring is what editors and `bosphorus list` show.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, cast

from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import AfterValidator, Field

from simulator.catalogue import Choice
from simulator.cluster.faults import FAULTS
from simulator.cluster.laws import (
    TIME_LAWS,
    ChanceOrLaw,
    KindOrLaw,
    RateOrLaw,
    SizeOrLaw,
    SpeedOrLaw,
    TimeOrLaw,
)
from simulator.cluster.outages import Names
from simulator.cluster.routes import Routing
from simulator.cluster.stragglers import STRAGGLERS
from simulator.learning.augmentation import Copies, Degrees, Pixels, Stretch
from simulator.learning.probe import Measure
from simulator.learning.regularization import Limit, Penalty
from simulator.recording import RecordOptions
from simulator.robust.attacks import ATTACKS
from simulator.robust.attacks.attack import Knowledge
from simulator.scenario.batches import BatchSizes
from simulator.scenario.interval import Interval
from simulator.scenario.kinds import (
    DATA_SETS,
    GRAPHS,
    MODEL_KINDS,
    OPTIMIZER_KINDS,
    PARTITION_KINDS,
    PROFILE_KINDS,
    SCHEDULE_KINDS,
)
from simulator.scenario.moment import PointInRun
from simulator.scenario.one_or_more import OneOrMore
from simulator.scenario.overrides import Overrides
from simulator.scenario.search import Search
from simulator.scenario.section import Section
from simulator.scenario.short import ShortForm
from simulator.training import KINDS, Every
from simulator.training.validation import Keep
from simulator.units import Count, FlopCount, InputFile, Seconds

__all__ = [
    'Adversaries',
    'Byzantine',
    'Cluster',
    'Device',
    'Evaluate',
    'Learning',
    'Link',
    'Overrides',
    'Retransmit',
    'Scenario',
    'ScenarioFile',
    'StandsFor',
    'Stop',
    'as_name',
]

LONGEST_NAME = 100


def as_name(text: str) -> str:
    """Return *text* if it is a name: of a scenario or a variant, and so of a folder.

    Raises
    ------
    ValueError
        If no folder should be called so.
    """
    tame = text.strip() == text and text.isprintable() and not set(text) & set('/\\')
    if not tame or text.startswith('.') or not 0 < len(text) <= LONGEST_NAME:
        raise ValueError(
            f'{text!r:.60} can not be a folder; a name has no slash, no dot at its beginning, no '
            f'space around it, and at most {LONGEST_NAME} characters'
        )
    return text


Name: TypeAlias = Annotated[str, AfterValidator(as_name)]
Seed: TypeAlias = Annotated[int, Ge(0), Le(2**63 - 1)]


class Link(Section):
    """What every link of the cluster is like, in each of its two directions."""

    bandwidth: RateOrLaw = 1.25e9
    """Rate at which bytes pass; a value, or a law drawn once per link."""
    latency: TimeOrLaw = 50e-6
    """Time a byte is on its way; a value, or a law drawn once per link."""
    jitter: Annotated[Choice, TIME_LAWS] | None = None
    """A law added to each message's latency."""
    loss: ChanceOrLaw = 0.0
    """Probability that a message is lost on the link; lost messages are sent again."""


class Device(Section):
    """What every host of the cluster is like."""

    speed: SpeedOrLaw = 1e12
    """Speed of computation; a value, or a law drawn once per device."""
    reduce: RateOrLaw | None = None
    """Rate at which received bytes are added up in a collective; without it, at no cost."""
    memory: SizeOrLaw | None = None
    """Memory, for what is placed on devices; without it, there is no limit."""
    kind: KindOrLaw | None = None
    """Kind, such as cpu or gpu, for operations that need one; a name, or a law."""


class Retransmit(Section):
    """What becomes of messages that are lost: they are sent again, later each time."""

    timeout: Annotated[Seconds, Gt(0)] = 0.2
    """From sending a message until it is sent again; doubled for each further attempt."""
    attempts: Annotated[int, Ge(1), Le(64)] = 16
    """How often a message is sent at the most; 1 is a datagram, lost for good."""


class Cluster(Section):
    """The machines and the network."""

    topology: Annotated[Choice, GRAPHS]
    """The graph of hosts and switches."""
    link: Link = Link()
    """What every link is like."""
    device: Device = Device()
    """What every host is like."""
    stragglers: Annotated[Choice, STRAGGLERS] = STRAGGLERS.choice('none')
    """The law by which computations take longer than they should."""
    sharing: Literal['fair', 'fifo', 'none'] = 'fair'
    """How messages share a link: max-min fair flows, one after another, or no contention."""
    routing: Routing = 'shortest'
    """Which of the shortest routes that tie is taken: the first, or one by a hash of the flow."""
    retransmit: Retransmit = Retransmit()
    """What becomes of messages that are lost."""
    faults: list[Annotated[Choice, FAULTS]] = Field(default=[])
    """What goes wrong, and when."""
    overrides: Overrides = Overrides()
    """Named links and devices that differ from the others."""


class StandsFor(Section):
    """A larger model, for which the small one stands on the wire and in compute time."""

    profile: Annotated[Choice, PROFILE_KINDS] | None = None
    """A well-known model, whose name may also stand alone; figures given here go before its own."""
    parameters: Annotated[Count, Gt(0)] | None = None
    """Parameters of the larger model; they scale what goes over the wire."""
    flops: Annotated[FlopCount, Gt(0)] | None = None
    """Forward operations per sample of the larger model; they scale compute time."""


class Regularization(Section):
    """What keeps weights small and gradients within bounds."""

    l1: Penalty = 0.0
    """Adds l1 |w| to the loss for each weight: drives many to 0."""
    l2: Penalty = 0.0
    """Adds l2 w^2 / 2 to the loss for each weight: keeps them small."""
    max_norm: Limit | None = None
    """Limit of the length of a unit's incoming weights."""
    clip_value: Limit | None = None
    """Limit of each entry of a worker's gradient."""
    clip_norm: Limit | None = None
    """Limit of the length of a worker's gradient, after `clip_value`."""


class Augmentation(Section):
    """Varied copies of the training images, dealt to who has the originals."""

    copies: Copies = 1
    """Varied copies of each training image, beside itself; an epoch grows by as much."""
    shift: Pixels = 0.0
    """Pixels by which a copy is shifted at most, along each axis."""
    rotate: Degrees = 0.0
    """Degrees by which it is turned at most, either way."""
    resize: Stretch = 0.0
    """Share by which it is made larger or smaller at most."""


class Validation(Section):
    """Training samples kept to tell when to stop, and which parameters did best on them."""

    share: Annotated[float, Gt(0), Le(0.9)]
    """Share of the training samples, of each class."""
    patience: Annotated[int, Gt(0)] | None = None
    """Evaluations without a better loss after which the run ends; without it, it goes on."""
    keep: Keep = 'best'
    """Which parameters the run ends with: the best on these samples, or the last."""


class Distillation(Section):
    """A trained model whose answers the training samples get in place of their labels."""

    teacher: InputFile
    """Its run: `model.npz` beside its scenario, that folder, or a folder of runs."""
    temperature: Annotated[float, Gt(0), Le(1000)] = 2.0
    """Above 1, what the teacher holds for less likely weighs more."""


class Learning(Section):
    """What is learned, from which data, and how."""

    data: Annotated[Choice, DATA_SETS]
    """The data set."""
    partition: Annotated[Choice, PARTITION_KINDS] = PARTITION_KINDS.choice('iid')
    """How training samples are dealt to the workers."""
    augmentation: Augmentation | None = None
    """Varied copies of the training images."""
    validation: Validation | None = None
    """Training samples kept to tell when to stop."""
    model: Annotated[Choice, MODEL_KINDS]
    """The model."""
    batch: BatchSizes = 32
    """Samples of a worker's mini-batch, drawn with replacement by one that holds fewer; or full.

    One size for all, a list with one for each worker, or a mapping such as {0..3: 16, 4: full}.
    """
    optimizer: Annotated[Choice, OPTIMIZER_KINDS]
    """How gradients become updates."""
    schedule: Annotated[Choice, SCHEDULE_KINDS] = SCHEDULE_KINDS.choice('constant')
    """How the optimizer's rate changes from round to round."""
    regularization: Regularization = Regularization()
    """What keeps weights small and gradients within bounds."""
    stands_for: Annotated[StandsFor, ShortForm('profile', PROFILE_KINDS)] | None = None
    """A larger model, by name or size, for which this one stands on the wire and in time."""
    start: InputFile | None = None
    """Parameters to start from: the `model.npz` of another run, its folder, or a folder of runs.

    Of several runs, the one that has finished with the same seed.
    """
    start_layers: Literal['all', 'fitting'] = 'all'
    """Whether all layers are taken from there, or those alone that are the same in both models."""
    distillation: Distillation | None = None
    """A teacher to learn from, in place of labels."""


class Byzantine(Section):
    """Nodes of one role that lie: how many or which, how, and when."""

    count: Annotated[int, Ge(0)] | None = None
    """How many; who, is drawn from the seed, and of more liars the first stay the same."""
    where: Literal['random', 'cut'] = 'random'
    """Whether these are drawn, or stand where the network is thinnest: at its sparsest cut."""
    nodes: Names | None = None
    """Or which: nodes such as 3 or 0..7."""
    attack: Annotated[Choice | list[Annotated[Choice, ATTACKS]], OneOrMore(ATTACKS)]
    """What they do: an attack, or a list of attacks that act one after another."""
    from_: PointInRun | None = Field(default=None, alias='from')
    """When they begin: after so many rounds of their own, or at a time; at once by default."""
    until: PointInRun | None = None
    """When they stop, likewise; never by default."""
    knowledge: Knowledge = 'all'
    """What they see: what all honest nodes send, or what their own nodes would."""

    @property
    def attacks(self) -> tuple[Choice, ...]:
        """The attacks, in the order in which they act."""
        return cast('tuple[Choice, ...]', self.attack)


class Adversaries(Section):
    """The nodes that one adversary controls, by role; which roles there are, the training says."""

    workers: Byzantine | None = None
    """Workers that push lies."""
    servers: Byzantine | None = None
    """Servers that hand out lies."""
    peers: Byzantine | None = None
    """Peers that gossip lies."""
    ranks: Byzantine | None = None
    """Ranks of an all-reduce that lie."""


class Stop(Section):
    """When a run ends: at the first of these that is reached."""

    rounds: Annotated[int, Gt(0), Le(10**9)] | None = None
    """Synchronizations, or as many updates as there are workers."""
    epochs: Annotated[float, Gt(0), Le(10**9)] | None = None
    """Samples used, in sizes of the training set."""
    time: Annotated[Seconds, Gt(0)] | None = None
    """Simulated time."""
    accuracy: Annotated[float, Gt(0), Le(1)] | None = None
    """Accuracy on the test split, a share."""


class Evaluate(Section):
    """When the model is measured on the test split; it takes no simulated time."""

    every: Interval = Every()
    """Such as 1 epoch, 10 rounds or 5 s."""
    target: Annotated[float, Gt(0), Le(1)] | None = None
    """Accuracy whose time and traffic are noted; by default that at which the run stops."""
    also: list[Measure] = Field(default=[])
    """More to measure: dead units, the gradient's length layer by layer, what n-grams counted."""


class Scenario(Section):
    """One run, completely described."""

    name: Name
    """Name of the scenario, and of the folder of its runs; by default the file's."""
    question: Annotated[str, MaxLen(10_000)] = ''
    """What the scenario is to answer; by default the comment the file begins with."""
    seed: Seed = 0
    """Seed of every random draw."""
    stop: Stop = Stop()
    """When the run ends."""
    cluster: Cluster
    """The machines and the network."""
    learning: Learning | None = None
    """What is learned; not needed by studies of the network alone."""
    evaluate: Evaluate = Evaluate()
    """When the model is measured on the test split."""
    training: Annotated[Choice, KINDS]
    """The algorithm."""
    adversary: Adversaries | None = None
    """Which nodes are Byzantine, and what they do."""
    record: RecordOptions = RecordOptions()
    """Which traces are kept; totals always are."""

    def resolved(self) -> dict[str, Any]:
        """Return the run as plain data, defaults filled in: a scenario that runs as it is."""
        unused = {'evaluate'} if self.learning is None else set()
        if not self.question:
            unused.add('question')
        return _without_empty(self.model_dump(by_alias=True, exclude_none=True, exclude=unused))


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """Return *data* without sections that say nothing."""
    kept = {k: _without_empty(v) if isinstance(v, dict) else v for k, v in data.items()}
    return {key: each for key, each in kept.items() if each != {}}


class ScenarioFile(Scenario):
    """A scenario file: one run, or many that differ in variants and varied keys."""

    name: Name = 'scenario'
    """Name of the scenario, and of the folder of its runs; by default the file's."""
    variants: dict[str, dict[str, Any] | None] = Field(default={}, min_length=1)
    """Named alternatives, each merged over the rest of the file."""
    search: Search | None = None
    """Keys to tune for each variant before it is compared."""
    vary: dict[str, Any] = Field(default={}, min_length=1)
    """A grid: dotted keys and lists of values; `include` adds runs, `exclude` leaves some out."""
