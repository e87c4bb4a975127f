"""Small swarms: equal devices on any topology, blobs or none, a short run, and a look inside."""

from types import SimpleNamespace

import numpy as np
import pytest

from simulator.cluster.cluster import Cluster, Devices, Wires
from simulator.cluster.faults import FAULTS
from simulator.cluster.network import Network
from simulator.cluster.stragglers import STRAGGLERS
from simulator.learning import Learning, Optimizer, blobs, iid, linear, sgd
from simulator.recording import Recorder
from simulator.seeds import Seeds
from simulator.training import KINDS, Every, Experiment, Facts, Scoreboard, Stop
from topologies import RANDOM, TOPOLOGIES

STILL = Optimizer(lambda _: (), lambda gradient, state, parameters, factor=1.0: (parameters, state))
"""Takes no step: what is left is gossip alone."""


def make(
    folder,
    topology='ring',
    *,
    workers=6,
    seed=7,
    rounds=5,
    stop=None,
    sigma=None,
    rate=None,
    latency=1e-3,
    loss=0.0,
    wires=None,
    every=None,
    **graph_options,
):
    seeds = Seeds(seed)
    context = (seeds.stream('topology'),) if topology in RANDOM else ()
    graph = TOPOLOGIES[topology](*context, workers=workers, **graph_options)
    hosts = sum(data['kind'] == 'host' for _, data in graph.nodes(data=True))
    network = Network.of(graph, hosts=hosts, bandwidth=1e6, latency=latency, loss=loss)
    ones = np.ones(hosts)
    recorder = Recorder(folder)
    cluster = Cluster(
        graph,
        network,
        Devices(1e6 * ones, np.inf * ones, np.inf * ones),
        recorder,
        wires=wires or Wires(),
        straggler=sigma and STRAGGLERS['lognormal'](seeds, hosts, sigma=sigma),
        seeds=seeds,
    )
    learning = Learning.draw(blobs, iid, linear, workers=workers, seeds=seeds, batch=8)
    scoreboard = Scoreboard(
        cluster,
        recorder,
        Stop(**(stop or {'rounds': rounds})),
        every or Every(1, 'rounds'),
        learning=learning,
    )
    optimizer = STILL if rate is None else sgd(rate=rate)
    return Experiment(cluster, recorder, scoreboard, learning=learning, optimizer=optimizer)


def faulted(experiment, faults):
    """Let faults strike: by name, times as in a scenario."""
    for name, options in faults.items():
        FAULTS.read({name: options})(experiment.cluster, Seeds(1))
    return experiment


def gossip(experiment, protocol='dpsgd', **options):
    """Run the kind; return its figures, the models, and the swarm that it was."""
    choice = KINDS.read({'gossip': {'protocol': protocol, **options}})
    metrics = []
    record = experiment.recorder.metric
    experiment.recorder.metric = lambda *row: (metrics.append(row), record(*row))
    extra = choice(experiment)
    experiment.finish()
    experiment.recorder.close()
    summary = {**experiment.scoreboard.summary(), **extra}
    cluster = experiment.cluster
    facts = Facts.of(
        cluster.graph,
        cluster.network,
        cluster.devices,
        parameters=experiment.parameters,
        rounds=experiment.scoreboard.rounds,
    )
    # the swarm measures at each evaluation: that is how it can be found
    swarm = experiment.scoreboard.observers[-1].__self__
    return SimpleNamespace(
        summary=summary,
        predicted=choice.beside('predict')(facts, **choice.options),
        problems=list(choice.beside('check')(facts, **choice.options)),
        swarm=swarm,
        protocol=swarm._protocol,
        models=np.stack(swarm.values(range(swarm.count))),
        starts=np.stack(swarm.starts),
        metrics=metrics,
        average=experiment.scoreboard.parameters,
        experiment=experiment,
    )


@pytest.fixture
def tools(tmp_path):
    numbers = iter(range(10**6))
    return SimpleNamespace(
        make=lambda *given, **options: make(tmp_path / f'run-{next(numbers)}', *given, **options),
        gossip=gossip,
        faulted=faulted,
    )
