"""The composition root: one resolved scenario, one run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.cluster.cluster import Cluster, Wires
from simulator.learning import Learning, Optimizer, Samples, Schedule
from simulator.learning.models import account
from simulator.learning.probe import Probe
from simulator.recording import Progress, Recorder
from simulator.recording.folder import note, save_model
from simulator.recording.identity import file_digest
from simulator.scenario.adversary import adversary_of
from simulator.scenario.kept import kept_model
from simulator.scenario.known import shards_of
from simulator.scenario.lessons import learning_of, profile_of, regularization_of, scale_of
from simulator.scenario.schema import Learning as LearningSection
from simulator.scenario.schema import Scenario
from simulator.scenario.starts import start_from
from simulator.scenario.world import devices_of, graph_of, network_of
from simulator.seeds import Seeds
from simulator.training import Experiment, Facts, Scoreboard, Stop
from simulator.training.poisoning import wanted
from simulator.training.validation import Validation

if TYPE_CHECKING:
    from simulator.scenario import RunSpec

__all__ = ['execute']

JITTER_SAMPLE = 65536  # draws that stand for the law of jitter inside the fabric


def execute(
    spec: RunSpec, folder: Path, *, progress: Callable[[Progress], None] | None = None
) -> dict[str, Any]:
    """Do the run *spec*, write its traces and its model into *folder*, return its figures.

    Parameters
    ----------
    spec : RunSpec
    folder : Path
        The run's folder, claimed by the caller.
    progress : callable, optional
        Told after each round how far the run has come.

    Returns
    -------
    dict
        Keys of ``simulator.traces.SUMMARY``.
    """
    scenario = spec.scenario
    seeds = Seeds(scenario.seed)
    with Recorder(folder, scenario.record) as recorder:
        cluster = build_cluster(scenario, seeds, recorder)
        learning = build_learning(scenario, len(cluster.workers))
        experiment = build_experiment(scenario, cluster, recorder, learning, progress)
        if learning is not None:
            note_start(folder, scenario, learning)
            data = {learning.data.name: learning.data.sha256}
            note(folder, data=data, model=account(learning.model))
            note_profile(folder, scenario)
        note_adversary(folder, scenario, experiment)
        more = scenario.training(experiment)
        experiment.finish()
        summary = experiment.scoreboard.summary()
    if experiment.scoreboard.parameters is not None:
        save_model(folder, **experiment.scoreboard.model())
    rounds = experiment.scoreboard.rounds
    summary |= _byzantine(experiment) | (more or {})
    return {**summary, 'predicted': predict(scenario, experiment, rounds)}


def build_cluster(scenario: Scenario, seeds: Seeds, recorder: Recorder) -> Cluster:
    """Return the cluster of a scenario, at time 0."""
    section = scenario.cluster
    graph = graph_of(section, seeds)
    network = network_of(section, graph, seeds)
    law = section.link.jitter
    jitter = None if law is None else law(seeds.stream('jitter'), JITTER_SAMPLE)
    cluster = Cluster(
        graph,
        network,
        devices_of(section, network.hosts, seeds),
        recorder,
        wires=Wires(
            section.sharing,
            section.retransmit.timeout,
            section.retransmit.attempts,
            jitter,
            section.routing,
        ),
        straggler=section.stragglers(seeds, network.hosts),
        seeds=seeds,
    )
    for fault in section.faults:
        fault(cluster, seeds)
    return cluster


def build_learning(scenario: Scenario, workers: int) -> Learning | None:
    """Return the model and its data, dealt to the workers; None where nothing is learned.

    Raises
    ------
    DataError
        If the data can't be dealt, or the file to start from is of another model.
    """
    section = scenario.learning
    if section is None:
        return None
    learning = learning_of(section, scenario.seed, shards_of(scenario, workers))
    if section.start is not None:
        start_from(section, scenario.seed, learning)
    return learning


def build_experiment(
    scenario: Scenario,
    cluster: Cluster,
    recorder: Recorder,
    learning: Learning | None,
    progress: Callable[[Progress], None] | None = None,
) -> Experiment:
    """Return what the training kind is handed."""
    stop = Stop(**{name: getattr(scenario.stop, name) for name in type(scenario.stop).model_fields})
    scoreboard = Scoreboard(
        cluster,
        recorder,
        stop,
        scenario.evaluate.every,
        learning=learning,
        progress=progress,
        target=scenario.evaluate.target,
        validation=_validation(scenario.learning, learning),
    )
    experiment = Experiment(
        cluster,
        recorder,
        scoreboard,
        learning=learning,
        optimizer=_optimizer(scenario.learning, learning),
        scale=scale_of(scenario.learning, learning.model if learning else None),
        schedule=_schedule(scenario.learning),
        adversary=adversary_of(scenario, cluster.graph, Seeds(scenario.seed)),
    )
    if learning is not None:
        observe_success(experiment, learning)
    if learning is not None and scenario.evaluate.also:
        rng = Seeds(scenario.seed).stream('probe')
        observe(scoreboard, Probe(learning, scenario.evaluate.also, rng))
    return experiment


def observe_success(experiment: Experiment, learning: Learning) -> None:
    """Let attacks on data that want something be measured by how often they get it."""
    attacks = [each for liars in experiment.adversary.liars.values() for each in liars.on('data')]
    board = experiment.scoreboard
    for samples in wanted(learning, attacks):

        def look(samples: Samples = samples) -> None:
            if board.parameters is not None:
                found = learning.evaluate_on(samples, board.parameters)
                board.figure('attack_success_rate', float(found.accuracy))

        board.observers.append(look)


def observe(scoreboard: Scoreboard, probe: Probe) -> None:
    """Let *probe* measure more at each evaluation."""

    def look() -> None:
        if scoreboard.parameters is not None:
            for name, value in probe(scoreboard.parameters):
                scoreboard.metric(name, value)

    scoreboard.observers.append(look)


def note_adversary(folder: Path, scenario: Scenario, experiment: Experiment) -> None:
    """Note in the manifest who lies, and what the rule promises that is to stand it."""
    liars = experiment.adversary.plain()
    if liars:
        note(folder, byzantine=liars)
    if promises := scenario.training.beside('promises'):
        lying = tuple(experiment.adversary.among(experiment.workers))
        facts = Facts(
            len(experiment.workers),
            len(experiment.servers),
            liars=len(lying),
            liars_at=lying,
            graph=experiment.cluster.graph,
            seed=experiment.cluster.seeds.seed,
        )
        note(folder, promises=promises(facts, **scenario.training.options))


def _byzantine(experiment: Experiment) -> dict[str, Any]:
    """Return the Byzantine nodes by role, for the summary; nothing where there are none."""
    liars = experiment.adversary.liars
    return (
        {'byzantine': {role: list(each.devices) for role, each in liars.items()}} if liars else {}
    )


def note_start(folder: Path, scenario: Scenario, learning: Learning) -> None:
    """Note in the manifest which layers were brought by the model that the run began with."""
    section = scenario.learning
    if section is not None and section.start is not None:
        file = kept_model(Path(section.start), scenario.seed)
        digest = file_digest(file).hex()
        note(folder, start={'file': file.name, 'sha256': digest, 'layers': learning.taken})


def note_profile(folder: Path, scenario: Scenario) -> None:
    """Note in the manifest what is known of the large model that the small one stands for."""
    section = scenario.learning
    larger = section.stands_for if section else None
    profile = profile_of(section)
    if larger is not None and larger.profile is not None and profile is not None:
        entry = larger.profile.catalogue.entry(larger.profile.name)
        large = {
            'name': entry.name,
            'parameters': profile.parameters,
            'flops': profile.flops,
            'sources': list(entry.doc.references),
        }
        note(folder, stands_for=large)


def _validation(section: LearningSection | None, learning: Learning | None) -> Validation | None:
    if section is None or learning is None or section.validation is None:
        return None
    return Validation(learning, section.validation.patience, section.validation.keep)


def _optimizer(section: LearningSection | None, learning: Learning | None) -> Optimizer | None:
    if section is None or learning is None:
        return None
    return regularization_of(section).optimizer(section.optimizer(), learning.model)


def _schedule(section: LearningSection | None) -> Schedule | None:
    # a constant rate needs no factors, and local steps are quicker without
    if section is None or section.schedule.name == 'constant':
        return None
    schedule: Schedule = section.schedule()
    return schedule


def predict(scenario: Scenario, experiment: Experiment, rounds: int) -> dict[str, float] | None:
    """Return what the closed forms say of a run of so many *rounds*; None where there are none."""
    closed_form = scenario.training.beside('predict')
    if closed_form is None:
        return None
    cluster = experiment.cluster
    learning = experiment.learning if scenario.learning else None
    facts = Facts.of(
        cluster.graph,
        cluster.network,
        cluster.devices,
        parameters=experiment.parameters if learning else None,
        rounds=rounds,
        scale=experiment.scale,
        seed=scenario.seed,
        batch=learning.common_batch if learning else None,
        model=learning.model if learning else None,
        inputs=learning.data.train.inputs.shape[1:] if learning else (),
    )
    figures: dict[str, float] = closed_form(facts, **scenario.training.options)
    return figures
