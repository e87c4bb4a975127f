"""What every optimizer of the catalogue promises."""

import numpy as np
import pytest

from simulator.learning.optimizers import OPTIMIZERS

STEPS = 5


@pytest.fixture(params=OPTIMIZERS)
def optimizer(request):
    return OPTIMIZERS[request.param]()


@pytest.fixture
def gradients():
    return np.random.default_rng(0).standard_normal((STEPS, 4, 7), dtype=np.float32)


def walk(optimizer, start, gradients, factors=(1.0,) * STEPS):
    parameters, state, path = start, optimizer.init(start), []
    for gradient, factor in zip(gradients, factors, strict=True):
        parameters, state = optimizer.update(gradient, state, parameters, factor)
        path.append(parameters)
    return np.array(path), state


def test_it_goes_downhill_at_first(optimizer):
    start = np.array([3.0, -2.0])
    path, _ = walk(optimizer, start, [start] * STEPS)
    assert (path[0] * start < start * start).all()


@pytest.mark.parametrize('name', OPTIMIZERS)
def test_it_finds_the_bottom_of_a_bowl(name):
    optimizer = OPTIMIZERS[name](rate=0.1)
    parameters = np.array([0.5, -0.3, 0.2])
    state = optimizer.init(parameters)
    for step in range(3000):
        parameters, state = optimizer.update(parameters, state, parameters, 1 / (1 + step / 100))
    assert np.abs(parameters).max() < 1e-2


def test_a_stack_of_workers_walks_bitwise_as_each_alone(optimizer, gradients):
    start = np.ones((4, 7), np.float32)
    together, state = walk(optimizer, start, gradients)
    for worker in range(4):
        alone, lone_state = walk(optimizer, start[worker], gradients[:, worker])
        assert (alone == together[:, worker]).all()
        for mine, ours in zip(lone_state, state, strict=True):
            assert (mine == ours[worker]).all()


def test_a_shard_walks_as_in_the_whole(optimizer, gradients):
    start = np.ones(7, np.float32)
    whole, _ = walk(optimizer, start, gradients[:, 0])
    shard, _ = walk(optimizer, start[2:5], gradients[:, 0, 2:5])
    assert (shard == whole[:, 2:5]).all()


def test_each_worker_may_have_a_factor_of_its_own(optimizer, gradients):
    start = np.ones((4, 7), np.float32)
    factors = np.linspace(0.1, 2, STEPS * 4).reshape(STEPS, 4)
    together, _ = walk(optimizer, start, gradients, factors[..., None])
    for worker in range(4):
        alone, _ = walk(optimizer, start[worker], gradients[:, worker], factors[:, worker])
        assert (alone == together[:, worker]).all()


def test_types_are_kept_and_nothing_is_written_to(optimizer, gradients):
    start = np.ones(7, np.float32)
    state = optimizer.init(start)
    for array in (start, gradients, *state):
        array.setflags(write=False)
    parameters, new_state = optimizer.update(gradients[0, 0], state, start, np.float64(0.3))
    assert parameters.dtype == np.float32
    assert type(new_state) is type(state)
    assert [part.dtype for part in new_state] == [part.dtype for part in state]


def test_what_diverges_goes_on(optimizer):
    parameters = np.full(2, 3e38, np.float32)
    gradient = np.array([-3e38, np.nan], np.float32)
    state = optimizer.init(parameters)
    with np.errstate(all='ignore'):  # as in all runs
        for _ in range(3):
            parameters, state = optimizer.update(gradient, state, parameters, 100.0)
    assert np.isnan(parameters[1])
