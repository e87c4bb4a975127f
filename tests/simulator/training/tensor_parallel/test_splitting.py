"""What a team of devices computes together is what one computes alone; each does its part only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import COLLECTIVES, POSTCONDITIONS, Ranks, butterfly, ring
from simulator.errors import PlacementError
from simulator.learning.models import MODELS, Task
from simulator.training.tensor_parallel.joint import Team
from simulator.training.tensor_parallel.model import SplitModel
from simulator.training.tensor_parallel.plan import phases
from simulator.training.tensor_parallel.splitting import EVERYBODY, Talk, Work

WAYS = ['columns', 'rows', 'alternating']
CURVES = ['relu', 'tanh', 'logistic', 'prelu', 'rrelu', 'elu']
TEXT = Task((6,), 11, tokens=11, steps=6, causal=True)
ROWS = Task((4, 3), 5)


class Listening(Team):
    """A team that keeps what is said."""

    def __init__(self, devices):
        super().__init__(ring(Ranks(devices)))
        self.heard = []

    def add(self, shares):
        self.heard.append(('all_reduce', [shares[0].size]))
        return super().add(shares)

    def gather(self, blocks):
        self.heard.append(('all_gather', [block.size for block in blocks]))
        return super().gather(blocks)


def drawn(model, task, seed=0, batch=7):
    """Return parameters, inputs, targets and noise of one worker."""
    rng = np.random.default_rng(seed)
    if task.tokens:
        inputs = rng.integers(0, task.tokens, (batch, *task.inputs))
        inputs[::2, -1] = -1  # some end earlier
        targets = rng.integers(0, task.outputs, (batch, task.steps or 1))
        targets = targets if task.steps else targets[:, 0]
    else:
        inputs = rng.normal(size=(batch, *task.inputs)).astype(np.float32)
        targets = rng.integers(0, task.outputs, batch)
    parameters = model.init(rng)
    parameters += 0.1 * rng.normal(size=parameters.shape).astype(np.float32)  # biases, too
    noise = rng.random((batch, model.noise), np.float32) if model.noise else None
    return parameters, inputs, targets, noise


def stacked(each):
    return [None if array is None else array[None] for array in each]


def check_same(model, task, way, devices, seed=0, team=None):
    split = SplitModel(model, team or Team(ring(Ranks(devices))), way)
    given_ = drawn(model, task, seed)
    alone = model.losses_and_gradients(*stacked(given_))
    together = split.losses_and_gradients(*stacked(given_))
    for one, other in zip(together, alone, strict=True):
        if devices == 1:
            np.testing.assert_array_equal(one, other)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)
    return split, split.by_device(*given_)


@settings(max_examples=40)
@given(
    st.sampled_from(WAYS),
    st.integers(1, 6),
    st.lists(st.integers(1, 9), max_size=4),
    st.sampled_from(CURVES),
    st.booleans(),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 1000),
)
def test_a_perceptron_of_any_widths(way, devices, hidden, activation, batch_norm, dropout, seed):
    task = Task((5,), 3)
    options = {'activation': activation, 'batch_norm': batch_norm, 'dropout': dropout}
    model = MODELS['mlp'](task, hidden=hidden, **options)
    check_same(model, task, way, devices, seed)


@settings(max_examples=20)
@given(
    st.sampled_from(WAYS),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 9),
    st.sampled_from(['after', 'before']),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([TEXT, ROWS, Task((8,), 7, tokens=9, steps=5, source=3, causal=True)]),
)
def test_a_transformer_of_any_heads(way, devices, heads, hidden, norm, dropout, task):
    sizes = {'width': 4 * heads, 'heads': heads, 'feed_forward': hidden}
    model = MODELS['transformer'](task, norm=norm, dropout=dropout, blocks=2, **sizes)
    check_same(model, task, way, devices)


@pytest.mark.parametrize('devices', [2, 5])
@pytest.mark.parametrize('name', ['linear', 'window_mlp'])
def test_other_models_of_dense_layers(name, devices):
    task = ROWS if name == 'linear' else TEXT
    for way in WAYS:
        check_same(MODELS[name](task), task, way, devices)


@pytest.mark.parametrize('name', sorted(set(COLLECTIVES) - set(POSTCONDITIONS)))
def test_sums_are_those_of_any_all_reduce(name):
    model = MODELS['mlp'](Task((5,), 3), hidden=[6, 4])
    team = Team(COLLECTIVES[name](Ranks(4)))
    check_same(model, Task((5,), 3), 'alternating', 4, team=team)


@pytest.mark.parametrize('name', ['cnn', 'rnn', 'lstm', 'gru', 'ngram'])
def test_other_products_are_refused(name):
    task = TEXT if name == 'ngram' else Task((8, 8), 3)
    model = MODELS[name](task)
    with pytest.raises(PlacementError, match=r'learning\.model .* take mlp'):
        SplitModel(model, Team(ring(Ranks(2))), 'columns')


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('name', ['mlp', 'transformer'])
def test_each_device_finds_the_gradients_of_what_it_holds_and_no_others(name, way):
    task = ROWS if name == 'mlp' else TEXT
    options = {'hidden': [7, 5], 'activation': 'prelu', 'batch_norm': True}
    if name == 'transformer':
        options = {'width': 12, 'heads': 3, 'dropout': 0.1}
    model = MODELS[name](task, **options)
    split, found = check_same(model, task, way, 3)
    for device, gradient in enumerate(found.gradients):
        np.testing.assert_array_equal(np.flatnonzero(~np.isnan(gradient)), split.holding(device))
    # what all hold, each finds for itself: the same, so that it is not counted twice
    alike = found.gradients[:, split.owners == EVERYBODY]
    np.testing.assert_array_equal(alike, np.broadcast_to(alike[0], alike.shape))
    own = [np.sum(split.owners == device) for device in range(3)]
    assert sum(own) + alike.shape[1] == model.dimension
    assert np.ptp(own) <= 0.5 * max(own)


@settings(max_examples=20)
@given(
    st.sampled_from(WAYS),
    st.integers(2, 5),
    st.lists(st.integers(1, 9), max_size=4),
    st.booleans(),
)
def test_a_step_says_what_its_arithmetic_says(way, devices, hidden, is_text):
    task = TEXT if is_text else Task((5,), 3)
    model = MODELS['transformer'](task) if is_text else MODELS['mlp'](task, hidden=hidden)
    team = Listening(devices)
    split = SplitModel(model, team, way)
    split.losses_and_gradients(*stacked(drawn(model, task, batch=7)))
    talks = [phase.talk for phase in phases(split.program) if phase.talk is not None]
    assert team.heard == [(talk.kind, (7 * talk.numbers).tolist()) for talk in talks]


@settings(max_examples=20)
@given(st.sampled_from(WAYS), st.integers(1, 5), st.booleans())
def test_work_is_shared_out(way, devices, is_text):
    """What is split is done once in all; what is not, by everybody."""
    task = TEXT if is_text else Task((5,), 3)
    model = MODELS['transformer' if is_text else 'mlp'](task)
    split = SplitModel(model, Team(ring(Ranks(devices))), way)
    flops = np.sum([item.flops for item in split.program if isinstance(item, Work)], axis=0)
    alone = SplitModel(model, Team(ring(Ranks(1))), way)
    assert sum(item.flops[0] for item in alone.program if isinstance(item, Work)) == pytest.approx(
        model.forward_flops
    )
    assert flops.sum() >= model.forward_flops * (1 - 1e-9)
    assert flops.max() <= model.forward_flops * (1 + 1e-9)
    passes = phases(split.program)
    by_way = [sum(p.flops.sum() for p in passes if p.way == w) for w in ('forward', 'backward')]
    assert by_way[1] == pytest.approx(2 * by_way[0])


def test_pairs_need_half_the_talk():
    model = MODELS['mlp'](Task((16,), 16), hidden=[64, 16, 64])
    said = {}
    for way in WAYS:
        program = SplitModel(model, Team(ring(Ranks(4))), way).program
        said[way] = [item for item in program if isinstance(item, Talk)]
    # four layers, but for the gradient by the inputs
    assert [len(said[way]) for way in WAYS] == [7, 7, 3]
    # a pair's hidden units are never sent
    assert {int(talk.numbers.sum()) for talk in said['alternating']} == {16}
    assert {talk.kind for talk in said['alternating']} == {'all_reduce'}


@pytest.mark.parametrize(
    ('inputs', 'units', 'kinds'),
    [(16, 4, ['all_gather']), (4, 16, ['all_gather'])],
)
def test_a_first_layer_left_over_is_split_by_columns(inputs, units, kinds):
    model = MODELS['linear'](Task((inputs,), units))
    program = SplitModel(model, Team(ring(Ranks(2))), 'alternating').program
    assert [item.kind for item in program if isinstance(item, Talk)] == kinds


@pytest.mark.parametrize(
    ('last', 'kinds'), [(3, ['all_reduce', 'all_gather']), (30, ['all_gather', 'all_reduce'])]
)
def test_a_later_layer_left_over_goes_the_way_on_which_less_is_said(last, kinds):
    model = MODELS['mlp'](Task((6,), last), hidden=[8, 8])
    step = phases(SplitModel(model, Team(ring(Ranks(2))), 'alternating').program)
    said = [(phase.way, phase.talk.kind) for phase in step if phase.talk is not None]
    forward, backward = kinds
    assert said == [('forward', 'all_reduce'), ('forward', forward), ('backward', backward)]


def test_what_is_kept_shrinks_with_the_blocks():
    model = MODELS['mlp'](Task((4,), 4), hidden=[12])
    alone, pair = (SplitModel(model, Team(ring(Ranks(p))), 'alternating') for p in (1, 2))
    # flattened inputs, hidden units before and after they are bent
    assert alone.kept.tolist() == [4 + 12 + 12]
    assert pair.kept.tolist() == [4 + 6 + 6] * 2
    assert alone.held == [4 * 12 + 12 + 12 * 4 + 4]
    assert pair.held == [(4 * 12 + 12 + 12 * 4) // 2 + 4] * 2


def test_many_workers_have_a_team_each():
    model = MODELS['mlp'](Task((5,), 3), hidden=[6])
    split = SplitModel(model, Team(butterfly(Ranks(3))), 'rows')
    first, second = (drawn(model, Task((5,), 3), seed)[:3] for seed in (1, 2))
    both = split.losses_and_gradients(*map(np.stack, zip(first, second, strict=True)))
    one = split.losses_and_gradients(*stacked(second))
    np.testing.assert_array_equal(both.gradients[1], one.gradients[0])
