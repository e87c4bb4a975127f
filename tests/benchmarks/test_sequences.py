"""Gradients of 64 workers on sequences: against a loop over workers, and torch's vmap of grad."""

import math
import sys
from time import process_time

import numpy as np
import pytest

from simulator.learning.models import Task, lstm, transformer

WORKERS, BATCH, STEPS, UNITS, FEATURES, VOCABULARY, ROUNDS = 64, 16, 16, 32, 8, 64, 15

SERIES = Task((STEPS, FEATURES), 10)
NEXT = Task((STEPS,), VOCABULARY, tokens=VOCABULARY, steps=STEPS, causal=True)

pytestmark = pytest.mark.usefixtures('one_thread')


def seconds_of(*calls):
    """Return the least processor time of each call, taken in turns: all meet the same noise."""
    seconds = np.empty((ROUNDS, len(calls)))
    for row in seconds:
        for column, call in enumerate(calls):
            start = process_time()
            call()
            row[column] = process_time() - start
    return seconds.min(axis=0)


def problem(model, task):
    rng = np.random.default_rng(0)
    parameters = np.stack([model.init(rng) for _ in range(WORKERS)])
    if task.tokens:
        drawn = rng.integers(0, VOCABULARY, (WORKERS, BATCH, STEPS + 1))
        return parameters, drawn[..., :-1].copy(), drawn[..., 1:].copy()
    inputs = rng.random((WORKERS, BATCH, *task.inputs), dtype=np.float32)
    return parameters, inputs, rng.integers(0, task.outputs, (WORKERS, BATCH))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def lone_lstm(parameters, inputs, labels):
    """Return loss and gradient of one worker, as one would write it by hand."""
    sizes = [FEATURES * 4 * UNITS, 4 * UNITS, UNITS * 4 * UNITS, UNITS * 10, 10]
    w, b, u, v, c = np.split(parameters, np.cumsum(sizes)[:-1])
    w, u, v = w.reshape(FEATURES, -1), u.reshape(UNITS, -1), v.reshape(UNITS, 10)
    incoming = inputs @ w + b
    state = memory = np.zeros((len(inputs), UNITS), inputs.dtype)
    kept = []
    for step in range(STEPS):
        sums = incoming[:, step] + state @ u
        opened, candidate = logistic(sums[:, : 3 * UNITS]), np.tanh(sums[:, 3 * UNITS :])
        i, f, o = np.split(opened, 3, axis=1)
        before = state, memory
        memory = f * memory + i * candidate
        bent = np.tanh(memory)
        state = o * bent
        kept.append((*before, i, f, o, candidate, bent))
    outputs = state @ v + c
    outputs -= outputs.max(axis=1, keepdims=True)
    slopes = np.exp(outputs)
    totals = slopes.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = (np.log(totals[:, 0]) - outputs[rows, labels]).mean()
    slopes /= totals
    slopes[rows, labels] -= 1
    slopes /= len(labels)
    by_v, by_c, by_state = state.T @ slopes, slopes.sum(axis=0), slopes @ v.T
    by_memory, by_u, above = np.zeros_like(by_state), np.zeros_like(u), np.empty_like(incoming)
    for step in range(STEPS - 1, -1, -1):
        state, memory, i, f, o, candidate, bent = kept[step]
        by_memory = by_memory + by_state * o * (1 - bent * bent)
        below = np.concatenate(
            [
                by_memory * candidate * i * (1 - i),
                by_memory * memory * f * (1 - f),
                by_state * bent * o * (1 - o),
                by_memory * i * (1 - candidate * candidate),
            ],
            axis=1,
        )
        above[:, step] = below
        by_u += state.T @ below
        by_state, by_memory = below @ u.T, by_memory * f
    flat = above.reshape(-1, 4 * UNITS)
    by_w, by_b = inputs.reshape(-1, FEATURES).T @ flat, flat.sum(axis=0)
    return loss, np.concatenate([part.ravel() for part in (by_w, by_b, by_u, by_v, by_c)])


def test_lstm_against_a_loop_over_workers(benchmark):
    model = lstm(SERIES, hidden=[UNITS])
    given = problem(model, SERIES)

    def loop():
        return [lone_lstm(*one) for one in zip(*given, strict=True)]

    losses, gradients, _ = model.losses_and_gradients(*given)
    for i, (loss, gradient) in enumerate(loop()):
        assert losses[i] == pytest.approx(loss, rel=1e-5)
        assert gradients[i] == pytest.approx(gradient, abs=1e-5)
    mine, other = seconds_of(lambda: model.losses_and_gradients(*given), loop)
    benchmark.pedantic(model.losses_and_gradients, given, rounds=3)
    benchmark.extra_info['times faster than a loop'] = other / mine
    sys.stdout.write(f'\nlstm, {WORKERS} workers: {other / mine:.2f} x a per-worker loop (1.2)\n')
    assert mine * 1.2 <= other


def peers(torch):
    """Return modules of the same mathematics, in operations that vmap can take."""
    nn = torch.nn

    class Lstm(nn.Module):
        def __init__(self):
            super().__init__()
            self.incoming = nn.Linear(FEATURES, 4 * UNITS)
            self.recurrent = nn.Linear(UNITS, 4 * UNITS, bias=False)
            self.out = nn.Linear(UNITS, 10)

        def forward(self, inputs):
            state = memory = torch.zeros(len(inputs), UNITS)
            incoming = self.incoming(inputs)
            for step in range(STEPS):
                i, f, o, g = (incoming[:, step] + self.recurrent(state)).chunk(4, 1)
                memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
                state = torch.sigmoid(o) * torch.tanh(memory)
            return self.out(state)

    class Transformer(nn.Module):
        def __init__(self, width=32, heads=2, inner=64):
            super().__init__()
            self.heads = heads
            self.vectors = nn.Embedding(VOCABULARY, width)
            self.triples, self.said = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
            self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
            self.out = nn.Linear(width, VOCABULARY)
            self.register_buffer('waves', torch.zeros(STEPS, width))
            self.register_buffer('mask', torch.ones(STEPS, STEPS).tril().bool())

        def forward(self, tokens):
            signal = self.vectors(tokens) + self.waves
            batch, steps, width = signal.shape
            triples = self.triples(signal).view(batch, steps, 3, self.heads, -1)
            queries, keys, values = (each.transpose(1, 2) for each in triples.unbind(2))
            scores = queries @ keys.transpose(2, 3) / math.sqrt(width // self.heads)
            shares = scores.masked_fill(~self.mask, -torch.inf).softmax(-1)
            said = (shares @ values).transpose(1, 2).reshape(batch, steps, width)
            signal = self.norms[0](signal + self.said(said))
            fed = self.outer(torch.relu(self.inner(signal)))
            return self.out(self.norms[1](signal + fed))

    return {'lstm': Lstm, 'transformer': Transformer}


OURS = {'lstm': (lstm, SERIES), 'transformer': (transformer, NEXT)}


@pytest.mark.parametrize('name', OURS)
def test_not_slower_than_vmap_of_grad(benchmark, name):
    torch = pytest.importorskip('torch')
    make, task = OURS[name]
    model, module = make(task), peers(torch)[name]()
    given = problem(model, task)
    stacked = {
        key: each.detach().expand(WORKERS, *each.shape).contiguous()
        for key, each in module.named_parameters()
    }
    assert sum(each[0].numel() for each in stacked.values()) == model.dimension
    tensors = [torch.from_numpy(each) for each in given[1:]]

    def loss(weights, some, wanted):
        outputs = torch.func.functional_call(module, weights, (some,))
        return torch.nn.functional.cross_entropy(
            outputs.reshape(-1, outputs.shape[-1]), wanted.flatten()
        )

    gradients = torch.func.vmap(torch.func.grad_and_value(loss))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        mine, other = seconds_of(
            lambda: model.losses_and_gradients(*given), lambda: gradients(stacked, *tensors)
        )
        benchmark.pedantic(model.losses_and_gradients, given, rounds=3)
    finally:
        torch.set_num_threads(threads)
    benchmark.extra_info['times faster than vmap of grad'] = other / mine
    sys.stdout.write(f'\n{name}, {WORKERS} workers: {other / mine:.2f} x vmap of grad\n')
    assert mine <= 1.1 * other  # a tenth is what a shared machine adds
