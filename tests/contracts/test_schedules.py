"""What every collective of the catalogue promises, for any number of ranks."""

import numpy as np
import pytest

from simulator.collectives import (
    COLLECTIVES,
    POSTCONDITIONS,
    PREDICTIONS,
    Ranks,
    apply,
    chunk_sizes,
    traffic,
    verify,
)

SIZE = 1e6
LARGER = [48, 64, 100]


@pytest.fixture(params=sorted(COLLECTIVES))
def name(request):
    return request.param


def promise(name):
    return POSTCONDITIONS.get(name, 'all_reduce')


@pytest.mark.parametrize('m', [*range(1, 34), *LARGER])
def test_it_keeps_its_promise_at_the_stated_cost(name, m):
    schedule = COLLECTIVES[name](Ranks(m))
    verify(schedule, promise(name))
    counted = traffic(schedule, chunk_sizes(SIZE, schedule.chunks))
    predicted = PREDICTIONS[name](Ranks(m), SIZE, 1e-4, 1e-9)
    assert counted.total == pytest.approx(predicted.total_bytes, rel=1e-9)
    assert counted.sent.max() == pytest.approx(predicted.most_sent, rel=1e-9)


@pytest.mark.parametrize('m', [*range(1, 18), 33, 64])
def test_applied_it_gives_what_it_promises(name, m):
    schedule = COLLECTIVES[name](Ranks(m))
    values = np.random.default_rng(m).normal(size=(m, 2 * schedule.chunks + 1))
    result, total = apply(schedule, values), values.sum(axis=0)
    if promise(name) == 'all_reduce':
        np.testing.assert_allclose(result, np.tile(total, (m, 1)), rtol=1e-10, atol=1e-10)
    elif promise(name) == 'reduce':
        np.testing.assert_allclose(result[0], total, rtol=1e-10, atol=1e-10)
    elif promise(name) == 'broadcast':
        np.testing.assert_array_equal(result, np.tile(values[0], (m, 1)))


def test_steps_are_numbered_without_gaps(name):
    schedule = COLLECTIVES[name](Ranks(12))
    assert sorted(set(schedule.step.tolist())) == list(range(schedule.steps))


def test_two_calls_give_the_same_columns(name):
    first, second = (COLLECTIVES[name](Ranks(11)) for _ in range(2))
    for column in ('step', 'source', 'target', 'first_chunk', 'count', 'reduce'):
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column))


def test_every_entry_has_a_prediction_and_a_text(name):
    assert PREDICTIONS[name].__doc__
    assert COLLECTIVES[name].__doc__
