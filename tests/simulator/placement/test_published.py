"""The outcomes of Mayer, Mayer & Laich (2017) on random heterogeneous clusters.

Speeds of 10 to 100, links of 10 to 60, 60 % of one kind, no contention; graphs of about 350,
3,000 and 5,300 operations, costs and tensors uniform up to 100.

What they found holds here, but for HEFT: theirs takes the first input of an operation for the
last, and what is on a device already for what never comes (see `published_heft`). So computed it
is where they have it, just ahead of hash. Topcuoglu's own is ahead of all.
"""

from functools import cache

import numpy as np
import pytest
from placement_reference.published_heft import published_heft
from placement_reference.worlds import make_world

from simulator.placement import GRAPHS, PLACEMENTS, SCHEDULERS

METHODS = {
    name: PLACEMENTS[name]
    for name in ('hash', 'critical_path', 'multi_objective', 'depth_first', 'heft')
} | {'published_heft': published_heft}

SEEDS = 4

SIZES = [
    pytest.param('convolutional', 50, SEEDS),
    pytest.param('convolutional', 100, SEEDS),
    *(
        pytest.param(shape, devices, 2, marks=pytest.mark.slow)
        for shape in ('recurrent', 'encoder_decoder')
        for devices in (50, 100)
    ),
]


@cache
def figures(shape, devices, seeds):
    """Return seconds (methods, seeds, fifo and longest_remaining) and bytes (methods, seeds)."""
    seconds, carried = np.zeros((len(METHODS), seeds, 2)), np.zeros((len(METHODS), seeds))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        problem, executor = make_world(rng, GRAPHS[shape](rng), devices)
        for m, place in enumerate(METHODS.values()):
            placement = place(problem, np.random.default_rng(seed))
            for s, scheduler in enumerate(('fifo', 'longest_remaining')):
                executor.scheduler = SCHEDULERS[scheduler]
                seconds[m, seed, s] = executor.seconds(placement)
            carried[m, seed] = executor.run(placement).bytes
    return dict(zip(METHODS, seconds, strict=True)), dict(zip(METHODS, carried, strict=True))


def speedups(shape, devices, seeds, scheduler):
    """Return how many times as fast as hash with fifo each method is, on average."""
    seconds, _ = figures(shape, devices, seeds)
    return {m: np.mean(seconds['hash'][:, 0] / own[:, scheduler]) for m, own in seconds.items()}


@pytest.mark.parametrize(('shape', 'devices', 'seeds'), SIZES)
def test_critical_path_is_2_to_4_times_as_fast_as_hash_with_fifo(shape, devices, seeds):
    assert 2 <= speedups(shape, devices, seeds, 1)['critical_path'] <= 4


@pytest.mark.parametrize(('shape', 'devices', 'seeds'), SIZES)
def test_the_ordering_of_the_methods(shape, devices, seeds):
    faster = speedups(shape, devices, seeds, 0)
    assert faster['critical_path'] >= 0.95 * faster['multi_objective']
    worst = min(faster[m] for m in ('critical_path', 'multi_objective', 'depth_first'))
    assert worst > 1.4 * faster['published_heft']
    assert faster['published_heft'] > faster['hash'] == 1


@pytest.mark.parametrize('devices', [50, 100])
def test_on_350_operations_critical_path_is_ahead_of_all_that_were_published(devices):
    faster = speedups('convolutional', devices, SEEDS, 0)
    del faster['heft']
    assert faster['critical_path'] == max(faster.values())
    assert faster['depth_first'] == pytest.approx(faster['multi_objective'], rel=0.15)


@pytest.mark.parametrize(('shape', 'devices', 'seeds'), SIZES)
def test_heft_as_it_should_be_is_ahead_of_all(shape, devices, seeds):
    for scheduler in (0, 1):
        faster = speedups(shape, devices, seeds, scheduler)
        heft = faster.pop('heft')
        assert heft > 1.1 * max(faster.values())


@pytest.mark.parametrize(('shape', 'devices', 'seeds'), SIZES)
def test_longest_remaining_is_never_behind_fifo_on_average(shape, devices, seeds):
    seconds, _ = figures(shape, devices, seeds)
    for method, own in seconds.items():
        assert np.mean(own[:, 1] / own[:, 0]) <= 1 + 1e-9, method


@pytest.mark.parametrize(('shape', 'devices', 'seeds'), SIZES)
def test_hash_moves_most(shape, devices, seeds):
    _, carried = figures(shape, devices, seeds)
    means = {method: own.mean() for method, own in carried.items()}
    assert means['hash'] == max(means.values())
