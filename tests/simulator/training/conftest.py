"""Small experiments: a star of equal devices, digits or blobs, a short run; whole scenarios."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from simulator.cluster.cluster import Cluster, Devices, Wires
from simulator.cluster.network import Network
from simulator.cluster.stragglers import STRAGGLERS
from simulator.execution import execute
from simulator.learning import Learning, blobs, iid, linear, sgd
from simulator.recording import Identity, Recorder, RunFolder
from simulator.scenario.checks import check
from simulator.scenario.schema import Scenario
from simulator.seeds import Seeds
from simulator.training import KINDS, Every, Experiment, Facts, Scoreboard, Stop
from topologies import TOPOLOGIES

BANDWIDTH, LATENCY, SPEED = 1e6, 1e-3, 1e6


@pytest.fixture
def make_experiment(tmp_path):
    def make(
        *,
        workers=4,
        servers=1,
        seed=7,
        stop=None,
        every=None,
        sigma=None,
        reduce=np.inf,
        sharing='fair',
        rate=0.1,
        jitter=None,
        progress=None,
        model=linear,
    ):
        seeds = Seeds(seed)
        graph = TOPOLOGIES['star'](workers=workers, servers=servers)
        hosts = workers + servers
        network = Network.of(graph, hosts=hosts, bandwidth=BANDWIDTH, latency=LATENCY)
        ones = np.ones(hosts)
        straggler = None if sigma is None else STRAGGLERS['lognormal'](seeds, hosts, sigma=sigma)
        recorder = Recorder(tmp_path / f'run-{len(list(tmp_path.iterdir()))}')
        cluster = Cluster(
            graph,
            network,
            Devices(SPEED * ones, reduce * ones, np.inf * ones),
            recorder,
            wires=Wires(sharing, jitter=jitter),
            straggler=straggler,
            seeds=seeds,
        )
        learning = Learning.draw(blobs, iid, model, workers=workers, seeds=seeds)
        scoreboard = Scoreboard(
            cluster,
            recorder,
            Stop(**(stop or {'rounds': 5})),
            every or Every(1, 'rounds'),
            learning=learning,
            progress=progress,
        )
        return Experiment(
            cluster, recorder, scoreboard, learning=learning, optimizer=sgd(rate=rate)
        )

    return make


@pytest.fixture
def train():
    def run(experiment, kind, **options):
        choice = KINDS.read({kind: options})
        extra = choice(experiment)
        experiment.finish()
        experiment.recorder.close()
        summary = {**experiment.scoreboard.summary(), **(extra or {})}
        facts = Facts.of(
            experiment.cluster.graph,
            experiment.cluster.network,
            experiment.cluster.devices,
            parameters=experiment.parameters,
            rounds=experiment.scoreboard.rounds,
        )
        predict = choice.beside('predict')
        predicted = predict(facts, **choice.options) if predict else {}
        model = experiment.scoreboard.parameters
        return SimpleNamespace(summary=summary, predicted=predicted, model=model, facts=facts)

    return run


def short_run(training, cluster, *, width, hidden, learning=None):
    """Return three rounds of a perceptron on blobs, as many dimensions as classes, at 1 Gflop/s."""
    return Scenario.model_validate(
        {
            'name': 'a',
            'stop': {'rounds': 3},
            'cluster': {**cluster, 'device': {'speed': '1 Gflop/s', **cluster.get('device', {})}},
            'learning': {
                'data': {'blobs': {'dimensions': width, 'classes': width}},
                'model': {'mlp': {'hidden': list(hidden)}},
                'optimizer': {'sgd': {'rate': 0.1}},
                **(learning or {}),
            },
            'training': training,
        }
    )


def messages(made):
    """Return what is wrong with a scenario."""
    return [fault.message for fault in check(made)]


def run(made, folder):
    """Do the run of a scenario that is right; return its summary."""
    assert not messages(made)
    with RunFolder(folder).writing(Identity('0' * 12, 'a', 'base', {}, 0, '')) as claimed:
        return claimed.finish(execute(SimpleNamespace(scenario=made), folder))


def model(folder):
    return np.load(folder / 'model.npz')['parameters']


def table(folder, name):
    return pd.concat(
        [pq.read_table(part).to_pandas() for part in sorted((folder / name).iterdir())]
    )
