"""GuanYu on a jittery star, with its quorums and its metrics noted beside."""

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest

from simulator.training.adversary import Adversary


@pytest.fixture
def agree(make_experiment, train):
    """Run the kind; return its summary, and who was in whose quorum: ``[kind, step][node]``."""

    def run(experiment=None, *, jitter=True, faults=None, options=None, liars=(), **world):
        world = {'workers': 6, 'servers': 6, 'stop': {'rounds': 6}} | world
        delays = np.random.default_rng(5).exponential(2e-3, 4096) if jitter else None
        if experiment is None:
            experiment = make_experiment(jitter=delays, **world)
        if liars:
            experiment.adversary = Adversary(liars, experiment.cluster.seeds)
        if faults is not None:
            faults(experiment)
        quorums, metrics = defaultdict(dict), []
        note_quorums(experiment.recorder, quorums)
        record = experiment.recorder.metric
        experiment.recorder.metric = lambda *row: (metrics.append(row), record(*row))
        trained = train(experiment, 'guanyu', **(options or {}))
        return SimpleNamespace(
            summary=trained.summary,
            predicted=trained.predicted,
            model=trained.model,
            quorums=quorums,
            metrics=metrics,
            experiment=experiment,
        )

    return run


def note_quorums(recorder, quorums):
    extend = recorder.extend

    def note(table, columns):
        if table == 'quorums':
            names = ('step', 'node', 'kind', 'source')
            for step, node, kind, source in zip(*(columns[name] for name in names), strict=True):
                quorums[kind, step].setdefault(node, []).append(source)
        extend(table, columns)

    recorder.extend = note
