"""Byzantine training with network and all traces, against a plain loop without any of that.

25 workers of whom 5 send little-is-enough, Multi-Krum, worker momentum, an MLP 64-64-10 on
digits. The loop computes one gradient a worker in plain numpy, as one would write it, and scores
vectors by all differences at once, (n, n, d). Neither is charged for its set-up: from the
seconds of a whole run, those of a run of one round are taken off.
"""

import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from simulator.execution import execute
from simulator.learning import digits, iid
from simulator.recording import Identity, RunFolder
from simulator.scenario import load
from simulator.seeds import Seeds

WORKERS, LIARS, BATCH, RATE, KEEP, Z = 25, 5, 32, 0.1, 0.9, 1.5
ROUNDS = 200

SCENARIO = f"""
name: byzantine
stop: {{rounds: ROUNDS}}
evaluate: {{every: 100 rounds}}
cluster: {{topology: {{star: {{workers: {WORKERS}, servers: 1}}}}}}
learning:
  data: digits
  model: {{mlp: {{hidden: [64]}}}}
  batch: {BATCH}
  optimizer: {{sgd: {{rate: {RATE}}}}}
training:
  parameter_server: {{aggregation: {{multi_krum: {{f: {LIARS}}}}}, worker_momentum: {KEEP}}}
adversary: {{workers: {{count: {LIARS}, attack: {{little_is_enough: {{z: {Z}}}}}}}}}
"""


def gradient(parameters, inputs, targets):
    """Return the gradient of the cross-entropy of an MLP of one hidden layer of rectifiers."""
    first, bias, second, other = parameters
    hidden = np.maximum(inputs @ first + bias, 0)
    scores = hidden @ second + other
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.arange(len(targets)), targets] -= 1
    shares /= len(targets)
    back = (shares @ second.T) * (hidden > 0)
    parts = inputs.T @ back, back.sum(axis=0), hidden.T @ shares, shares.sum(axis=0)
    return np.concatenate([part.ravel() for part in parts])


def naive_multi_krum(vectors, f):
    """Return the mean of the best scored, by the book."""
    n = len(vectors)
    distances = ((vectors[:, None, :] - vectors[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    scores = np.sort(distances, axis=1)[:, : n - f - 2].sum(axis=1)
    return vectors[np.argsort(scores)[: n - f - 2]].mean(axis=0)


def split(flat):
    shapes = [(64, 64), (64,), (64, 10), (10,)]
    bounds = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [
        flat[low:high].reshape(shape)
        for low, high, shape in zip(bounds, bounds[1:], shapes, strict=False)
    ]


def plain_loop(rounds):
    """Return processor seconds a round."""
    data = digits(Seeds(0).stream('data'))
    rng = np.random.default_rng(0)
    inputs, targets = data.train.inputs.reshape(-1, 64), data.train.targets
    shards = iid(rng, targets, WORKERS)
    model = (0.1 * rng.standard_normal(64 * 64 + 64 + 64 * 10 + 10)).astype(np.float32)
    sent = np.zeros((WORKERS, len(model)), np.float32)
    honest = WORKERS - LIARS
    begun = time.process_time()
    for _ in range(rounds):
        parameters = split(model)
        for worker, shard in enumerate(shards):
            batch = rng.choice(shard, BATCH, replace=False)
            found = gradient(parameters, inputs[batch], targets[batch])
            sent[worker] = KEEP * sent[worker] + (1 - KEEP) * found
        received = sent.copy()
        received[honest:] = sent[:honest].mean(axis=0) + Z * sent[:honest].std(axis=0)
        model = model - np.float32(RATE) * naive_multi_krum(received, LIARS)
    return (time.process_time() - begun) / rounds


def simulated(folder, rounds):
    """Return processor seconds of everything that a run of the scenario does."""
    file = folder / 'byzantine.yaml'
    file.write_text(SCENARIO.replace('ROUNDS', str(rounds)))
    [spec] = load(file)
    identity = Identity('0' * 12, 'byzantine', 'base', {}, spec.seed, spec.yaml)
    begun = time.process_time()
    with RunFolder(folder / f'run-{begun}').writing(identity) as run:
        run.finish(execute(spec, folder / f'run-{begun}'))
    return time.process_time() - begun


def test_rounds_a_second(benchmark, tmp_path):
    with threadpool_limits(1):
        set_up = min(simulated(tmp_path, 1) for _ in range(4))  # the first one compiles
        pairs = [(plain_loop(ROUNDS // 4), simulated(tmp_path, ROUNDS)) for _ in range(6)]
        benchmark.pedantic(simulated, (tmp_path, ROUNDS), rounds=1)
    loop, whole = (min(column) for column in zip(*pairs, strict=True))
    ours = (whole - set_up) / (ROUNDS - 1)
    benchmark.extra_info['ratio'] = loop / ours
    sys.stdout.write(
        f'\nByzantine training: {1 / ours:.0f} rounds/s with network and traces, the loop '
        f'{1 / loop:.0f}: {loop / ours:.2f} times as fast (at least 1.5)\n'
    )
    assert loop / ours >= 1.5
