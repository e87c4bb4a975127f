"""The fabric against its slow reference: random worlds in which everything happens at once."""

import numpy as np
import pytest
from cluster_reference.worlds import (
    World,
    assert_same,
    on_a_grid,
    play,
    random_collective,
    random_computations,
    random_entries,
    random_network,
    random_sends,
    random_world,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.network import Network
from simulator.collectives import COLLECTIVES, Ranks
from topologies import TOPOLOGIES

SHARING = ['fair', 'fifo', 'none']
seeds = st.integers(0, 2**32 - 1)


def few(examples):
    return settings(max_examples=examples, deadline=None)


@pytest.mark.parametrize('sharing', SHARING)
@few(40)
@given(seed=seeds)
def test_random_worlds(sharing, seed):
    """Messages, computations, collectives, reductions, loss, jitter, faults: all at once."""
    assert_same(random_world(np.random.default_rng(seed), sharing))


@pytest.mark.parametrize('sharing', ['fifo', 'none'])
@few(30)
@given(seed=seeds)
def test_worlds_in_which_much_happens_at_the_same_instant(sharing, seed):
    """Times are small whole numbers, so that ties are broken in every possible way."""
    rng = np.random.default_rng(seed)
    assert_same(on_a_grid(random_world(rng, sharing), rng))


@few(15)
@given(seed=seeds)
def test_fair_flows_that_tie(seed):
    rng = np.random.default_rng(seed)
    world = on_a_grid(random_world(rng, 'fair', changes=0), rng)
    world.options['reduce'] = np.inf  # or the order of reductions hangs on the last bit
    assert_same(world)


@pytest.mark.parametrize('sharing', SHARING)
@few(15)
@given(seed=seeds)
def test_collectives_of_ranks_that_come_when_they_like(sharing, seed):
    rng = np.random.default_rng(seed)
    world = World(random_network(rng), sharing, {'reduce': 1e4})
    world.collectives = [random_collective(rng, world.network, steps=8) for _ in range(3)]
    world.actions = sorted(random_entries(rng, world, span=1e4), key=lambda action: action[0])
    assert_same(world)


@pytest.mark.parametrize('sharing', SHARING)
@few(20)
@given(name=st.sampled_from(sorted(COLLECTIVES)), ranks=st.integers(2, 6), seed=seeds)
def test_schedules_of_the_catalogue_among_other_messages(sharing, name, ranks, seed):
    rng = np.random.default_rng(seed)
    schedule = COLLECTIVES[name](Ranks(ranks))
    network = random_network(rng, nodes=12)
    columns = (schedule.step, schedule.source, schedule.target, schedule.count, schedule.reduce)
    columns = (column.tolist() for column in columns)
    rows = [(s, a, b, 10.0 * n, r) for s, a, b, n, r in zip(*columns, strict=True)]
    world = World(network, sharing, {'reduce': 100.0})
    world.collectives = [(rows, rng.permutation(network.hosts)[:ranks].tolist())] if rows else []
    actions = [
        *random_entries(rng, world, span=1e3),
        *random_sends(rng, network, 10, span=1e3),
        *random_computations(rng, network, 10, span=1e3),
    ]
    world.actions = sorted(actions, key=lambda action: action[0])
    assert_same(world)


@pytest.mark.parametrize('sharing', SHARING)
def test_a_fat_tree_with_a_thousand_flows(sharing):
    graph = TOPOLOGIES['fat_tree'](workers=16)
    rng = np.random.default_rng(5)
    network = Network.of(graph, hosts=16, bandwidth=100.0, latency=0.01)
    world = World(network, sharing)
    span = 10.0 if sharing == 'fair' else 1e4  # many at once, or queues that come and go
    sends = random_sends(rng, network, 1000, span=span)
    world.actions = sorted((span * round(time / span, 1), *rest) for time, *rest in sends)
    assert_same(world)


@pytest.mark.parametrize('sharing', SHARING)
def test_the_same_world_twice_is_the_same_to_the_last_bit(sharing):
    worlds = [random_world(np.random.default_rng(3), sharing, sends=200) for _ in range(2)]
    one, other = (play(world) for world in worlds)
    assert one.attempts == other.attempts
    assert one.spans == other.spans
    assert list(one.woken.items()) == list(other.woken.items())


@pytest.mark.parametrize('sharing', SHARING)
@few(10)
@given(seed=seeds)
def test_who_is_woken_at_one_instant_is_woken_in_task_order(sharing, seed):
    rng = np.random.default_rng(seed)
    for batch in play(on_a_grid(random_world(rng, sharing), rng)).batches:
        order = [(what.kind == 'gate', what.id) for what in batch]
        assert order == sorted(order)
