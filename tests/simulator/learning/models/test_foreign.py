"""Modules of torch as models; and our own models against torch's gradients of the same."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Learning, Task, cnn, digits, iid, mlp, sgd
from simulator.learning.models.foreign import from_torch
from simulator.seeds import Seeds

torch = pytest.importorskip('torch')
nn = torch.nn


@from_torch
def net(task, *, width: int = 16, dropout: float = 0.0):
    """A hidden layer."""
    module = nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, width),
        nn.ReLU(),
        nn.Dropout(dropout) if dropout else nn.Identity(),
        nn.Linear(width, task.outputs),
    )
    return module, nn.functional.cross_entropy


TASK = Task((8, 8), 10)


def ours(parameters, width=16):
    """Our parameters from torch's, whose matrices lie the other way round."""
    w1, b1, w2, b2 = np.split(parameters, np.cumsum([64 * width, width, 10 * width]))
    return np.concatenate(
        [w1.reshape(width, 64).T.ravel(), b1, w2.reshape(10, width).T.ravel(), b2]
    )


def batch(workers=3, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.random((workers, 12, 8, 8), dtype=np.float32)
    return images, rng.integers(0, 10, (workers, 12))


def test_a_module_computes_what_our_model_does():
    theirs, model = net(TASK), mlp(TASK, hidden=[16])
    assert theirs.dimension == model.dimension
    assert theirs.forward_flops == sum(part.flops for part in model.layers if part.arrays)
    parameters = np.stack([theirs.init(np.random.default_rng(k)) for k in range(3)])
    found = theirs.losses_and_gradients(parameters, *batch())
    wanted = model.losses_and_gradients(np.stack([ours(p) for p in parameters]), *batch())
    assert found.losses == pytest.approx(wanted.losses, rel=1e-5)
    mine = np.stack([ours(gradient) for gradient in found.gradients])
    assert mine == pytest.approx(wanted.gradients, abs=1e-6)
    judged = theirs.evaluate(parameters, *digits().test)
    known = model.evaluate(np.stack([ours(p) for p in parameters]), *digits().test)
    assert judged.loss == pytest.approx(known.loss, rel=1e-5)
    assert judged.accuracy == pytest.approx(known.accuracy)


def test_our_convolutions_are_torch_s():
    """The same network once more, channels first as torch has it."""
    model = cnn(TASK, maps=[4, 6])
    parameters = model.init(np.random.default_rng(1))
    images, labels = batch(workers=1)
    gradient = model.losses_and_gradients(parameters[None], images, labels).gradients[0]
    arrays = [(a.place, a.shape) for part in model.layers for a in part.arrays.values()]
    leaves = [torch.tensor(parameters[p].reshape(s), requires_grad=True) for p, s in arrays]
    k1, b1, k2, b2, w, b = leaves
    signal = torch.tensor(images[0][:, None])
    for kernel, bias in ((k1, b1), (k2, b2)):
        bent = nn.functional.conv2d(signal, kernel.permute(3, 2, 0, 1), bias, padding=1).relu()
        signal = nn.functional.max_pool2d(bent, 2)
    outputs = signal.permute(0, 2, 3, 1).flatten(1) @ w + b
    nn.functional.cross_entropy(outputs, torch.tensor(labels[0])).backward()
    wanted = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves])
    assert gradient == pytest.approx(wanted, abs=2e-6)


def test_workers_train_a_module():
    learning = Learning.draw(digits, iid, net, workers=4, seeds=Seeds(1))
    parameters, descent = learning.initial, sgd(rate=0.3)
    for _ in range(150):
        pending = [learning.request(worker, parameters) for worker in range(4)]
        parameters, _ = descent.update(np.mean([p.value for p in pending], axis=0), (), parameters)
    assert learning.evaluate(parameters).accuracy > 0.9


def test_dropout_draws_from_the_worker_s_stream_and_leaves_torch_s_own_alone():
    model = net(TASK, dropout=0.5)
    parameters = np.repeat(model.init(np.random.default_rng(0))[None], 2, axis=0)
    images, labels = batch(workers=1)
    same = (np.repeat(images, 2, axis=0), np.repeat(labels, 2, axis=0))
    state = torch.random.get_rng_state()
    noise = np.random.default_rng(1).random((2, 12, 1), dtype=np.float32)
    first, again = (model.losses_and_gradients(parameters, *same, noise) for _ in range(2))
    other = model.losses_and_gradients(parameters, *same, noise / 2)
    assert (first.losses == again.losses).all()
    assert first.losses[0] != first.losses[1]
    assert first.losses[0] != other.losses[0]
    assert (torch.random.get_rng_state() == state).all()


class Masked(nn.Module):
    """Sees half of the pixels, by a buffer that never changes."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(64, 10)
        self.register_buffer('mask', torch.arange(64) % 2 / 1.0)

    def forward(self, images):
        return self.inner(images.flatten(1) * self.mask)


def test_buffers_that_stay_as_they_are_are_welcome():
    model = from_torch(lambda task: (Masked(), nn.functional.cross_entropy))(TASK)
    parameters = model.init(np.random.default_rng(0))[None]
    gradient = model.losses_and_gradients(parameters, *batch(workers=1)).gradients[0]
    by_pixel = np.abs(gradient[:640].reshape(10, 64)).sum(axis=0)
    assert (by_pixel[::2] == 0).all()
    assert (by_pixel[1::2] > 0).any()


def test_one_unit_tells_two_classes_apart():
    def loss(outputs, wanted):
        return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], wanted.float())

    model = from_torch(lambda task: (nn.Linear(4, 1), loss))(Task((4,), 2))
    inputs = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    parameters = np.array([1, 0, 0, 0, 0], np.float32)
    assert model.evaluate(parameters, inputs, (inputs[:, 0] > 0).astype(int)).accuracy == 1


def test_sequences_of_tokens_are_judged_by_their_targets():
    """Steps without a target count for nothing."""
    task = Task((3,), 5, tokens=5, steps=3)

    def loss(outputs, wanted):
        return nn.functional.cross_entropy(outputs.flatten(0, 1), wanted.flatten(), ignore_index=-1)

    model = from_torch(lambda task: (nn.Embedding(5, 5), loss))(task)
    parameters = 9 * np.eye(5, dtype=np.float32).ravel()  # predicts what it sees
    tokens = np.array([[0, 1, 2], [3, 4, 0]])
    judged = model.evaluate(parameters, tokens, np.array([[0, 1, -1], [3, 0, -1]]))
    assert judged.accuracy == 0.75
    assert judged.perplexity == pytest.approx(np.exp(judged.loss))


def test_running_statistics_are_refused():
    @from_torch
    def normalized(task):
        """Normalize."""
        return nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64)), nn.functional.cross_entropy

    with pytest.raises(DataError, match='track_running_stats=False'):
        normalized(TASK)


PLUGIN = '''
import torch
from simulator.learning.models.foreign import from_torch

@from_torch
def tiny(task, *, width: int = 8):
    """A tiny network."""
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.LazyLinear(width), torch.nn.Tanh(),
        torch.nn.Linear(width, task.outputs))
    return module, torch.nn.functional.cross_entropy

BOSPHORUS = {'models': {'tiny': tiny}}
'''


def test_a_plug_in_brings_a_module_to_a_scenario(tmp_path):
    from click.testing import CliRunner

    from simulator.cli import main

    (tmp_path / 'tiny.py').write_text(PLUGIN)
    (tmp_path / 'run.yaml').write_text(
        'stop: {rounds: 5}\ncluster: {topology: {star: {workers: 3, servers: 1}}}\n'
        'learning: {data: digits, model: {tiny: {width: 4}}, optimizer: {sgd: {rate: 0.1}}}\n'
        'training: parameter_server\n'
    )
    options = ['--plugin', str(tmp_path / 'tiny.py'), '--out', str(tmp_path / 'runs')]
    result = CliRunner().invoke(main, ['run', str(tmp_path / 'run.yaml'), '--no-report', *options])
    assert result.exit_code == 0, result.output
