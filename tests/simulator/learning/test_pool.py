import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from simulator.learning import OPTIMIZERS, GradientPool, digits, frozen, linear, mlp

DIGITS = digits()
MODEL = mlp(DIGITS.task, hidden=[16])
POINTS = [frozen(MODEL.init(np.random.default_rng(seed))) for seed in range(3)]


@pytest.fixture(autouse=True, scope='module')
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture
def pool():
    return GradientPool(MODEL, DIGITS.train)


def alone(parameters, batch):
    """Return loss and gradient of a worker who is on its own."""
    inputs, targets = DIGITS.train.inputs[batch], DIGITS.train.targets[batch]
    result = MODEL.losses_and_gradients(parameters[None], inputs[None], targets[None])
    return result.losses[0], result.gradients[0]


requests = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 9), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(requests, st.integers(0, 2**32), st.data())
def test_whatever_is_asked_together_each_answer_is_bitwise_a_lone_worker_s(asked, seed, data):
    rng = np.random.default_rng(seed)
    pool = GradientPool(MODEL, DIGITS.train)
    handles, expected = [], []
    for worker, (point, size, forced) in enumerate(asked):
        batch = rng.integers(0, 1442, size)
        handles.append(pool.request(worker, POINTS[point], batch))
        expected.append(alone(POINTS[point], batch))
        if forced:
            chosen = data.draw(st.integers(0, worker))
            assert (handles[chosen].value == expected[chosen][1]).all()
    for handle, (loss, gradient) in zip(handles, expected, strict=True):
        assert handle.loss == loss
        assert (handle.value == gradient).all()


def test_nothing_is_computed_before_somebody_asks(pool):
    handles = [pool.request(worker, POINTS[0], np.arange(4)) for worker in range(5)]
    assert len(pool) == 5
    assert all(handle.result is None for handle in handles)
    assert handles[3].value.shape == (MODEL.dimension,)
    assert len(pool) == 0
    assert all(handle.result is not None for handle in handles)


def test_what_is_dropped_is_not_computed(pool):
    kept = pool.request(0, POINTS[0], np.arange(4))
    dropped = pool.request(1, POINTS[0], np.array([10**9]))  # would fail
    del dropped
    assert len(pool) == 1
    assert kept.loss > 0


def test_parameters_are_those_of_the_time_of_asking(pool):
    parameters = POINTS[0].copy()
    handle = pool.request(0, parameters, np.arange(8))
    parameters += 1
    assert (handle.value == alone(POINTS[0], np.arange(8))[1]).all()


def test_a_frozen_vector_is_shared_and_let_go(pool):
    handles = [pool.request(worker, POINTS[1], np.arange(4)) for worker in range(3)]
    assert all(handle.order.parameters is POINTS[1] for handle in handles)
    values = [handle.value for handle in handles]
    # each owns its memory: a straggler's gradient does not keep the others' alive
    assert all(value.base is None and not value.flags.writeable for value in values)
    lone = pool.request(0, POINTS[1], np.arange(4)).value
    assert lone.base.size == lone.size
    assert not lone.flags.writeable


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_local_steps_are_bitwise_those_taken_one_by_one(pool, name):
    rng = np.random.default_rng(3)
    optimizer = OPTIMIZERS[name](rate=0.05)
    factors = np.array([1.0, 0.5, 0.25])
    batches = rng.integers(0, 1442, (4, 2, 3, 8))  # worker, request, step, sample
    walks = [
        pool.request_steps(worker, POINTS[worker % 3], batches[worker, 0], optimizer, None, factors)
        for worker in range(4)
    ]
    walks = [
        pool.request_steps(worker, walk.value, batches[worker, 1], optimizer, walk.state)
        for worker, walk in enumerate(walks)
    ]
    for worker, walk in enumerate(walks):
        parameters, losses = POINTS[worker % 3], []
        state = optimizer.init(parameters)
        for batch, factor in zip(batches[worker].reshape(6, 8), [*factors, 1, 1, 1], strict=True):
            loss, gradient = alone(parameters, batch)
            parameters, state = optimizer.update(gradient, state, parameters, factor)
            losses.append(loss)
        assert (walk.value == parameters).all()
        assert walk.loss == pytest.approx(np.mean(losses[3:]))
        assert all((a == b).all() for a, b in zip(walk.state, state, strict=True))


def test_gradients_and_steps_may_be_in_flight_together(pool):
    sgd = OPTIMIZERS['sgd'](rate=0.1)
    gradient = pool.request(0, POINTS[0], np.arange(6))
    step = pool.request_steps(1, POINTS[0], np.arange(6)[None], sgd)
    assert (step.value == POINTS[0] - np.float32(0.1) * gradient.value).all()


def test_another_model_has_a_pool_of_its_own():
    pool = GradientPool(linear(DIGITS.task), DIGITS.train)
    assert pool.request(0, np.zeros(650, np.float32), np.arange(5)).loss == pytest.approx(
        np.log(10)
    )


NORMALIZED = mlp(DIGITS.task, hidden=[8], batch_norm=True)


def ask_normalized(pool, worker, seed):
    batch = np.random.default_rng(seed).integers(0, 1442, 16)
    return pool.request(worker, NORMALIZED.init(np.random.default_rng(0)), batch)


def test_running_statistics_follow_the_batches_that_were_looked_at():
    pool = GradientPool(NORMALIZED, DIGITS.train)
    assert (pool.running(0) == NORMALIZED.statistics).all()
    first, unseen, second = (ask_normalized(pool, 0, seed) for seed in range(3))
    other = ask_normalized(pool, 1, 0)
    for handle in (first, second, second, other):
        _ = handle.loss
    assert unseen.result is not None
    expected = NORMALIZED.statistics
    for handle in (first, second):
        expected = 0.9 * expected + handle.result.statistics
    assert (pool.running(0) == expected).all()
    assert (pool.running(1) == 0.9 * NORMALIZED.statistics + first.result.statistics).all()


def test_local_steps_move_running_statistics_as_gradients_would():
    sgd = OPTIMIZERS['sgd'](rate=0.1)
    parameters = NORMALIZED.init(np.random.default_rng(0))
    batches = np.random.default_rng(1).integers(0, 1442, (3, 16))
    together, apart = (GradientPool(NORMALIZED, DIGITS.train) for _ in range(2))
    _ = together.request_steps(0, parameters, batches, sgd).value
    for batch in batches:
        gradient = apart.request(0, parameters, batch).value
        parameters, _ = sgd.update(gradient, (), parameters)
    assert together.running(0) == pytest.approx(apart.running(0), rel=1e-5)
