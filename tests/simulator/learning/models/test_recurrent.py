"""Recurrent networks against their equations, and against torch."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.models import Task, gru, lstm, rnn

MAKERS = {'rnn': rnn, 'lstm': lstm, 'gru': gru}
SERIES = Task((5, 3), 4)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(x, states, weights):
    (h,) = states
    return (np.tanh(x @ weights['input'] + weights['bias'] + h @ weights['recurrent']),)


def lstm_step(x, states, weights):
    h, c = states
    sums = x @ weights['input'] + weights['bias'] + h @ weights['recurrent']
    i, f, o, g = np.split(sums, 4)
    c = logistic(f) * c + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(c), c


def coupled_step(x, states, weights):
    (c,) = states
    f, r, g = np.split(x @ weights['input'] + weights['bias'], 3)
    to_f, to_r, to_g = np.split(weights['recurrent'], 3, axis=1)
    f, r = logistic(f + c @ to_f), logistic(r + c @ to_r)
    return (f * c + (1 - f) * np.tanh(g + (r * c) @ to_g),)


def common_step(x, states, weights):
    (c,) = states
    f, r, g = np.split(x @ weights['input'] + weights['bias'], 3)
    to_f, to_r, to_g = np.split(weights['recurrent'], 3, axis=1)
    f, r = logistic(f + c @ to_f), logistic(r + c @ to_r)
    return (f * c + (1 - f) * np.tanh(g + r * (c @ to_g + weights['reset_bias'])),)


EQUATIONS = [
    (rnn, {}, rnn_step, 1),
    (lstm, {}, lstm_step, 2),
    (gru, {}, coupled_step, 1),
    (gru, {'form': 'common'}, common_step, 1),
]


def arrays_of(part, parameters):
    return {name: parameters[at].reshape(shape) for name, (at, shape) in part.arrays.items()}


@pytest.mark.parametrize(('make', 'options', 'step', 'remembers'), EQUATIONS)
def test_the_last_state_of_the_equations_answers(make, options, step, remembers):
    rng = np.random.default_rng(0)
    model = make(SERIES, hidden=[6], **options)
    parameters = rng.standard_normal(model.dimension)
    sequence = rng.standard_normal((5, 3))

    states = (np.zeros(6),) * remembers
    for x in sequence:
        states = step(x, states, arrays_of(model.layers[0], parameters))
    out = arrays_of(model.layers[-1], parameters)
    expected = states[0] @ out['weights'] + out['bias']
    found = model.outputs(parameters[None], sequence[None, None])
    assert found[0, 0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('name', MAKERS)
def test_a_padded_sequence_is_worth_what_it_is_alone(name):
    rng = np.random.default_rng(1)
    model = MAKERS[name](Task((6,), 3, tokens=9), hidden=[5, 4])
    parameters = model.init(rng)[None]
    tokens = rng.integers(0, 9, (1, 1, 6))
    padded = tokens.copy()
    padded[..., 4:] = -1
    alone = model.outputs(parameters, tokens[..., :4])
    assert (model.outputs(parameters, padded) == alone).all()


@pytest.mark.parametrize('arrangement', ['one_network', 'encoder_decoder'])
@pytest.mark.parametrize('name', MAKERS)
def test_no_answer_sees_what_comes_after_it(name, arrangement):
    rng = np.random.default_rng(2)
    task = Task((8,), 7, tokens=7, steps=4, causal=True, source=4)
    model = MAKERS[name](task, arrangement=arrangement)
    parameters = model.init(rng)[None]
    tokens = rng.integers(0, 7, (1, 1, 8))
    before = model.outputs(parameters, tokens)
    for place in range(8):
        changed = tokens.copy()
        changed[..., place] = (changed[..., place] + 1) % 7
        differs = (model.outputs(parameters, changed) != before).any(axis=-1)[0, 0]
        assert differs.tolist() == [step + 4 >= place for step in range(4)]


@pytest.mark.parametrize('name', MAKERS)
def test_a_vector_is_shown_at_each_step_of_what_it_becomes(name):
    rng = np.random.default_rng(3)
    drawn = MAKERS[name](Task((3,), 2, labels=False, steps=5))
    read = MAKERS[name](Task((5, 3), 2, labels=False, steps=5))
    parameters, vector = drawn.init(rng)[None], rng.random((1, 1, 3))
    shown = np.repeat(vector[:, :, None], 5, axis=2)
    assert (drawn.outputs(parameters, vector) == read.outputs(parameters, shown)).all()


def test_forget_gates_begin_as_open_as_they_are_asked_to():
    model = lstm(SERIES, hidden=[2], forget_bias=3.0)
    bias = arrays_of(model.layers[0], model.init(np.random.default_rng(0)))['bias']
    assert bias.tolist() == [0, 0, 3, 3, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ('task', 'options', 'message'),
    [
        (Task((4,), 2), {}, 'no sequences'),
        (SERIES, {'arrangement': 'encoder_decoder'}, 'needs a source'),
        (SERIES, {'hidden': []}, 'hidden is empty'),
    ],
)
def test_what_can_not_be_is_refused(task, options, message):
    with pytest.raises(DataError, match=message):
        lstm(task, **options)


# torch keeps its gates in another order than we do
PEERS = {
    'rnn': ('RNN', {}, [0]),
    'lstm': ('LSTM', {}, [0, 1, 3, 2]),
    'gru': ('GRU', {'form': 'common'}, [1, 0, 2]),
}


@pytest.mark.parametrize('name', PEERS)
def test_two_layers_agree_with_torch(name):
    torch = pytest.importorskip('torch')
    kind, options, order = PEERS[name]
    rng = np.random.default_rng(4)
    model = MAKERS[name](SERIES, hidden=[6, 6], **options)
    parameters = rng.standard_normal(model.dimension) / 2
    inputs, labels = rng.standard_normal((7, 5, 3)), rng.integers(0, 4, 7)

    module = getattr(torch.nn, kind)(3, 6, num_layers=2, batch_first=True, dtype=torch.float64)
    out = torch.nn.Linear(6, 4, dtype=torch.float64)

    def rows(matrix):  # gates as torch orders them, one after the other
        gates = np.split(matrix, len(order), axis=-1)
        return torch.tensor(np.concatenate([gates[gate] for gate in order], axis=-1).T)

    with torch.no_grad():
        for number, part in enumerate(model.layers[:2]):
            ours = arrays_of(part, parameters)
            getattr(module, f'weight_ih_l{number}').copy_(rows(ours['input']))
            getattr(module, f'weight_hh_l{number}').copy_(rows(ours['recurrent']))
            getattr(module, f'bias_ih_l{number}').copy_(rows(ours['bias']))
            second = getattr(module, f'bias_hh_l{number}').zero_()
            if 'reset_bias' in ours:
                second[12:] = torch.tensor(ours['reset_bias'])
        last = arrays_of(model.layers[-1], parameters)
        out.weight.copy_(torch.tensor(last['weights'].T))
        out.bias.copy_(torch.tensor(last['bias']))
    states, _ = module(torch.tensor(inputs))
    loss = torch.nn.functional.cross_entropy(out(states[:, -1]), torch.tensor(labels))
    loss.backward()

    found = model.losses_and_gradients(parameters[None], inputs[None], labels[None])
    assert found.losses[0] == pytest.approx(loss.item(), rel=1e-10)
    for number, part in enumerate(model.layers[:2]):
        ours = arrays_of(part, found.gradients[0])
        for key, theirs in (
            ('input', 'weight_ih'),
            ('recurrent', 'weight_hh'),
            ('bias', 'bias_ih'),
        ):
            wanted = getattr(module, f'{theirs}_l{number}').grad
            assert rows(ours[key]).numpy() == pytest.approx(wanted.numpy(), abs=1e-10)
