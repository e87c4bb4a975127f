"""What every model of the catalogue promises, whatever it is made of."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from simulator.learning.models import MODELS, Task

TASKS = [
    Task((8, 8), 10),
    Task((3,), 2),
    Task((5,), 3, labels=False),
    Task((2,), 1, labels=False),
    Task((7, 5, 2), 2, labels=False),
    Task((6,), 3, tokens=5),
    Task((6,), 5, tokens=5, steps=6, causal=True),
    Task((7,), 6, tokens=6, steps=3, causal=True, source=4),
    Task((3,), 2, labels=False, steps=5),
    Task((6, 2), 1, labels=False, steps=6),
]


PIECES = [slice(start, start + 100) for start in range(0, 1300, 100)]


@pytest.fixture(autouse=True, scope='module')
def one_thread():
    with threadpool_limits(1):
        yield


# beside each entry's defaults, those of its options that lead to other code
VARIANTS = {
    'mlp': [
        {'hidden': [], 'loss': 'squared_error'},
        {'hidden': [7, 5], 'activation': 'tanh', 'init': 'glorot_uniform'},
        {'hidden': [9], 'activation': 'logistic', 'init': 'he_uniform'},
        {'hidden': [6], 'activation': 'leaky_relu', 'dropout': 0.3},
        {'hidden': [6, 6], 'activation': 'rrelu', 'batch_norm': True},
        {'hidden': [6, 6], 'activation': 'prelu', 'batch_norm': True, 'dropout': 0.5},
        {'hidden': [6], 'activation': 'elu', 'init': 'glorot_normal'},
    ],
    'linear': [{'loss': 'squared_error', 'init': 'glorot_normal'}],
    'cnn': [
        {'maps': [3], 'padding': 'valid', 'stride': 2, 'pool_size': 1, 'hidden': [4]},
        {'maps': [2, 3], 'kernel': 2, 'pooling': 'mean', 'activation': 'tanh', 'batch_norm': True},
        {'maps': [3], 'activation': 'prelu', 'pool_size': 3, 'hidden': [5], 'dropout': 0.4},
    ],
    'perceptron': [{'rule': 'logistic', 'init': 'he_normal'}],
    'rnn': [
        {'hidden': [5, 4], 'activation': 'logistic', 'dropout': 0.3},
        {'hidden': [5, 4], 'arrangement': 'encoder_decoder', 'embedding': 3},
    ],
    'lstm': [
        {'hidden': [5, 4], 'forget_bias': 0.0, 'dropout': 0.3},
        {'hidden': [5, 4], 'arrangement': 'encoder_decoder', 'embedding': 3},
    ],
    'gru': [
        {'hidden': [5, 4], 'form': 'common'},
        {'hidden': [5, 4], 'arrangement': 'encoder_decoder', 'embedding': 3},
        {'hidden': [4], 'form': 'common', 'arrangement': 'encoder_decoder'},
    ],
    'transformer': [
        {'width': 8, 'heads': 4, 'blocks': 2, 'norm': 'before', 'dropout': 0.2},
        {'width': 6, 'form': 'decoder', 'activation': 'tanh', 'feed_forward': 5},
    ],
    'window_mlp': [{'window': 3, 'embedding': 3, 'hidden': [5, 4]}],
    'ngram': [
        {'n': 1, 'smoothing': 'additive'},
        {'n': 2, 'smoothing': 'interpolated', 'amount': 0.4},
    ],
}
CLASSES_ONLY = {'perceptron'}
IMAGES_ONLY = {'cnn'}
SEQUENCES_ONLY = {'rnn', 'lstm', 'gru', 'transformer', 'window_mlp', 'ngram'}
COUNTS = {'ngram'}  # its gradient adds up counts, and is of no loss
CASES = [(name, options) for name in MODELS for options in [{}, *VARIANTS.get(name, [])]]


def suits(name, options, task):
    if options.get('arrangement') == 'encoder_decoder':
        return bool(task.source)
    if name == 'window_mlp':
        return task.causal
    if name in COUNTS:
        return task.causal and not task.source
    if name in SEQUENCES_ONLY:
        return bool(len(task.inputs) > 1 or task.tokens or task.steps)
    if task.tokens or task.steps:
        return False
    return (task.labels or name not in CLASSES_ONLY) and (
        len(task.inputs) > 1 or name not in IMAGES_ONLY
    )


def made(case):
    name, options = case
    return partial(MODELS[name], **options)


def pairs(cases):
    """Return a decorator: a test of each of these cases with each task it suits."""
    suited = [(case, task) for case in cases for task in TASKS if suits(*case, task)]
    names = [f'{name}-{options}-{task}' for (name, options), task in suited]
    pairs = [(made(case), task) for case, task in suited]
    return pytest.mark.parametrize(('make', 'task'), pairs, ids=names)


all_pairs = pairs(CASES)
each_with_a_task = pytest.mark.parametrize(
    ('make', 'task'),
    [(made(case), next(task for task in TASKS if suits(*case, task))) for case in CASES],
    ids=map(str, CASES),
)


def samples(task, *shape, rng):
    inputs = rng.random((*shape, *task.inputs), dtype=np.float32)
    if task.tokens:
        inputs = rng.integers(0, task.tokens, (*shape, *task.inputs))
    goals = (*shape, task.steps) if task.steps else shape
    targets = rng.integers(0, task.outputs, goals) if task.labels else None
    if task.tokens and not task.source:
        # of a few sequences the end is missing
        missing = rng.integers(1, 9, shape)[..., None] <= np.arange(*task.inputs)
        inputs[missing] = -1
        if task.steps:
            targets[missing] = -1
    if task.labels:
        return inputs, targets
    return inputs, rng.standard_normal((*goals, task.outputs), dtype=np.float32)


def draws(model, *shape, rng):
    return rng.random((*shape, model.noise), dtype=np.float32)


@all_pairs
def test_a_model_says_how_large_it_is(make, task):
    model = make(task)
    drawn = model.init(np.random.default_rng(0))
    assert drawn.shape == (model.dimension,)
    assert drawn.dtype == np.float32
    assert model.bytes == drawn.nbytes
    assert (drawn == model.init(np.random.default_rng(0))).all()


@all_pairs
def test_its_layers_share_out_its_parameters_and_its_flops(make, task):
    model = make(task)
    places = [place for layer in model.layers for place, _ in layer.arrays.values()]
    assert [i for place in places for i in range(place.start, place.stop)] == list(
        range(model.dimension)
    )
    for layer in model.layers:
        held = sum(place.stop - place.start for place, _ in layer.arrays.values())
        assert held == layer.place.stop - layer.place.start
        assert all(np.prod(s) == p.stop - p.start for p, s in layer.arrays.values())
    assert len({layer.name for layer in model.layers}) == len(model.layers)
    assert model.forward_flops == sum(layer.flops for layer in model.layers) > 0


@pairs([case for case in CASES if case[0] not in COUNTS])
def test_its_gradient_agrees_with_finite_differences(make, task):
    rng = np.random.default_rng(1)
    model = make(task)
    inputs, targets = samples(task, 2, 5, rng=rng)
    parameters = np.stack([model.init(rng), model.init(rng)]).astype(np.float64)
    parameters += 0.1 * rng.standard_normal(parameters.shape)
    noise = draws(model, 2, 5, rng=rng)
    gradients = model.losses_and_gradients(parameters, inputs, targets, noise).gradients

    for _ in range(10):
        way = rng.standard_normal(parameters.shape)
        step = 1e-6 * way
        ahead = model.losses_and_gradients(parameters + step, inputs, targets, noise).losses
        behind = model.losses_and_gradients(parameters - step, inputs, targets, noise).losses
        assert (ahead - behind) / 2e-6 == pytest.approx((gradients * way).sum(1), rel=1e-6)


STACKS = {
    'workers': st.integers(1, 40),
    'batch': st.integers(1, 40),
    'seed': st.integers(0, 99),
    'odd': st.booleans(),
}


@settings(max_examples=15, deadline=None)
@given(**STACKS)
def test_a_worker_in_a_stack_computes_bitwise_what_it_computes_alone(workers, batch, seed, odd):
    plain = [case for case in CASES if case[0] not in SEQUENCES_ONLY]
    check_bits(plain, workers, batch, seed, odd)


@settings(max_examples=4, deadline=None)
@given(**STACKS)
def test_so_does_it_on_sequences(workers, batch, seed, odd):
    sequences = [case for case in CASES if case[0] in SEQUENCES_ONLY]
    check_bits(sequences, workers, batch, seed, odd)


def check_bits(cases, workers, batch, seed, odd):
    rng = np.random.default_rng(seed)
    for number, (name, options) in enumerate(cases):
        suitable = [task for task in TASKS if suits(name, options, task)]
        task = suitable[(seed + number) % len(suitable)]
        model = MODELS[name](task, **options)
        inputs, targets = samples(task, workers, batch, rng=rng)
        parameters = rng.standard_normal((workers, model.dimension + odd), dtype=np.float32)[
            :, odd:
        ]
        noise = draws(model, workers, batch, rng=rng)
        stack = model.losses_and_gradients(parameters, inputs, targets, noise)
        for i in range(workers):
            mine = (each[i : i + 1].copy() for each in (parameters, inputs, targets, noise))
            for alone, together in zip(model.losses_and_gradients(*mine), stack, strict=True):
                assert (alone[0] == together[i]).all()


@all_pairs
def test_how_the_arrays_lie_in_memory_does_not_matter(make, task):
    rng = np.random.default_rng(2)
    model = make(task)
    inputs, targets = samples(task, 6, 9, rng=rng)
    parameters = rng.standard_normal((6, model.dimension), dtype=np.float32)
    given = (parameters, inputs, targets, draws(model, 6, 9, rng=rng))
    plain = model.losses_and_gradients(*given)
    twisted = model.losses_and_gradients(*map(np.asfortranarray, given))
    assert all((a == b).all() for a, b in zip(plain, twisted, strict=True))


@all_pairs
def test_one_vector_may_serve_all_workers(make, task):
    rng = np.random.default_rng(3)
    model = make(task)
    inputs, targets = samples(task, 5, 8, rng=rng)
    shared = model.init(rng)
    copies = np.repeat(shared[None], 5, axis=0)
    noise = draws(model, 5, 8, rng=rng)
    one = model.losses_and_gradients(np.broadcast_to(shared, copies.shape), inputs, targets, noise)
    many = model.losses_and_gradients(copies, inputs, targets, noise)
    assert all((a == b).all() for a, b in zip(one, many, strict=True))


@all_pairs
def test_evaluation_is_the_mean_over_samples_of_one_model_or_of_many(make, task):
    rng = np.random.default_rng(4)
    model = make(task)
    inputs, targets = samples(task, 1300, rng=rng)
    parameters = rng.standard_normal((2, 3, model.dimension), dtype=np.float32) / 4
    many = model.evaluate(parameters, inputs, targets)
    assert many.loss.shape == many.accuracy.shape == (2, 3)

    lone = model.evaluate(parameters[1, 2], inputs, targets)
    assert lone.loss == many.loss[1, 2]
    pieces = [model.evaluate(parameters[1, 2], inputs[s], targets[s]) for s in PIECES]
    counts = [(targets[s] >= 0).sum() if task.labels else 1 for s in PIECES]
    mean = np.average([p.loss for p in pieces], weights=counts)
    assert lone.loss == pytest.approx(mean, rel=1e-5)
    if task.labels:
        outputs = model.outputs(parameters[1, 2][None], inputs[None])[0]
        answers = outputs.argmax(axis=-1) if outputs.shape[-1] > 1 else outputs[..., 0] >= 0
        right = (answers == targets)[targets >= 0].mean()
        assert lone.accuracy == many.accuracy[1, 2] == pytest.approx(right, rel=1e-12)
    else:
        assert np.isnan(many.accuracy).all()


@all_pairs
def test_perplexity_is_the_exponential_of_the_cross_entropy_of_tokens(make, task):
    rng = np.random.default_rng(8)
    model = make(task)
    found = model.evaluate(model.init(rng), *samples(task, 30, rng=rng))
    if task.steps and task.labels:
        assert found.perplexity == pytest.approx(np.exp(found.loss))
    else:
        assert np.isnan(found.perplexity)


@all_pairs
def test_running_statistics_go_with_each_model(make, task):
    rng = np.random.default_rng(6)
    model = make(task)
    inputs, targets = samples(task, 20, rng=rng)
    parameters = rng.standard_normal((2, model.dimension), dtype=np.float32)
    running = model.statistics + rng.random((2, model.statistics.size), dtype=np.float32)
    many = model.evaluate(parameters, inputs, targets, running)
    assert many.loss[1] == model.evaluate(parameters[1], inputs, targets, running[1]).loss
    if model.statistics.size:
        assert many.loss[1] != model.evaluate(parameters[1], inputs, targets).loss


@each_with_a_task
def test_a_diverged_model_is_a_result_not_an_error(make, task):
    model = make(task)
    rng = np.random.default_rng(5)
    inputs, targets = samples(task, 1, 4, rng=rng)
    broken = np.full((1, model.dimension), np.inf, np.float32)
    found = model.losses_and_gradients(broken, inputs, targets, draws(model, 1, 4, rng=rng))
    assert not np.isfinite(found.losses).any()
    assert model.evaluate(broken[0], inputs[0], targets[0]).accuracy == 0


@each_with_a_task
def test_draws_that_do_not_fit_are_refused(make, task):
    model = make(task)
    inputs, targets = samples(task, 1, 4, rng=np.random.default_rng(7))
    with pytest.raises(ValueError, match='noise'):
        model.losses_and_gradients(
            np.zeros((1, model.dimension)), inputs, targets, np.zeros((1, 4, model.noise + 1))
        )
