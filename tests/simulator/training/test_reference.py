"""The reference of Byzantine training: little-is-enough against Multi-Krum, momentum at workers."""

import numpy as np
import pytest

from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import load

SCENARIO = """
name: reference
stop: {rounds: 200}
cluster: {topology: {star: {workers: 25, servers: 1}}}
learning:
  data: digits
  model: {mlp: {hidden: [64]}}
  optimizer: {sgd: {rate: 0.1}}
training:
  parameter_server: {aggregation: {multi_krum: {f: 5}}, worker_momentum: 0.9}
adversary: {workers: {count: 5, attack: {little_is_enough: {z: 1.5}}}}
vary: {seed: [1, 2, 3]}
"""


@pytest.mark.slow
def test_accuracy_is_that_of_the_literature(tmp_path):
    file = tmp_path / 'reference.yaml'
    file.write_text(SCENARIO)
    found = []
    for spec in load(file):
        identity = Identity('0' * 12, 'reference', 'base', {}, spec.seed, spec.yaml)
        folder = tmp_path / f'run-{spec.seed}'
        with RunFolder(folder).writing(identity) as run:
            summary = run.finish(execute(spec, folder))
        assert len(summary['byzantine']['workers']) == 5
        found.append(summary['test_accuracy'])
    assert 0.91 <= np.mean(found) <= 0.94
