"""What every collective of the catalogue promises, for any number of ranks."""

import numpy as np
import pytest

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network
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
from topologies import TOPOLOGIES

SIZE = 1e6
LARGER = [48, 64, 100]
COLUMNS = ('step', 'source', 'target', 'first_chunk', 'count', 'reduce')


@pytest.fixture(params=sorted(COLLECTIVES))
def name(request):
    return request.param


def promise(name):
    return POSTCONDITIONS.get(name, 'all_reduce')


def test_it_keeps_its_promise_at_the_stated_cost(name):
    for m in [*range(1, 34), *LARGER]:
        schedule = COLLECTIVES[name](Ranks(m))
        verify(schedule, promise(name))
        counted = traffic(schedule, chunk_sizes(SIZE, schedule.chunks))
        predicted = PREDICTIONS[name](Ranks(m), SIZE, 1e-4, 1e-9)
        assert counted.total == pytest.approx(predicted.total_bytes, rel=1e-9), m
        assert counted.sent.max() == pytest.approx(predicted.most_sent, rel=1e-9), m


def test_applied_it_gives_what_it_promises(name):
    for m in [*range(1, 34), 64]:
        schedule = COLLECTIVES[name](Ranks(m))
        values = np.random.default_rng(m).normal(size=(m, 2 * schedule.chunks + 1))
        result, total = apply(schedule, values), values.sum(axis=0)
        ends = np.arange(schedule.chunks + 1) * 2 + np.minimum(np.arange(schedule.chunks + 1), 1)
        own = [
            slice(ends[k * schedule.chunks // m], ends[(k + 1) * schedule.chunks // m])
            for k in range(m)
        ]
        if promise(name) == 'all_reduce':
            np.testing.assert_allclose(result, np.tile(total, (m, 1)), rtol=1e-9, atol=1e-9)
        elif promise(name) == 'reduce':
            np.testing.assert_allclose(result[0], total, rtol=1e-9, atol=1e-9)
        elif promise(name) == 'broadcast':
            np.testing.assert_array_equal(result, np.tile(values[0], (m, 1)))
        elif promise(name) == 'reduce_scatter':
            for rank, part in enumerate(own):
                np.testing.assert_allclose(result[rank, part], total[part], rtol=1e-9, atol=1e-9)
        else:
            gathered = np.concatenate([values[rank, part] for rank, part in enumerate(own)])
            np.testing.assert_array_equal(result, np.tile(gathered, (m, 1)))


def test_steps_are_numbered_without_gaps(name):
    schedule = COLLECTIVES[name](Ranks(12))
    assert sorted(set(schedule.step.tolist())) == list(range(schedule.steps))


def test_two_calls_give_the_same_columns(name):
    first, second = (COLLECTIVES[name](Ranks(11)) for _ in range(2))
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(first, column), getattr(second, column))


def test_every_entry_has_a_prediction_and_a_text(name):
    assert PREDICTIONS[name].__doc__
    assert COLLECTIVES[name].__doc__


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
def test_in_the_fabric_it_takes_the_predicted_time(name, sharing):
    for m in [*range(1, 34), 64]:
        schedule = COLLECTIVES[name](Ranks(m))
        star = Network.of(TOPOLOGIES['star'](workers=m), hosts=m, bandwidth=1e9, latency=5e-5)
        fabric = Fabric(star, sharing=sharing)
        offsets = np.linspace(0, SIZE, schedule.chunks + 1)
        columns = [getattr(schedule, column) for column in COLUMNS]
        for gate in fabric.launch(tuple(columns), offsets, np.arange(m)).entries:
            fabric.open(0.0, int(gate))
        while fabric.next < np.inf:
            fabric.advance(np.inf)
        predicted = PREDICTIONS[name](Ranks(m), SIZE, 1e-4, 1e-9).seconds
        assert fabric.now == pytest.approx(predicted, rel=1e-9)
