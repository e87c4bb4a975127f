"""Buckets: the same gradients, sent while the rest is still computed."""

import numpy as np
import pytest


def test_buckets_change_the_time_and_not_the_model(make_experiment, train):
    one, four = make_experiment(stop={'rounds': 6}), make_experiment(stop={'rounds': 6})
    whole = train(one, 'all_reduce', algorithm='master_worker')
    overlapped = train(four, 'all_reduce', algorithm='master_worker', buckets=4)
    np.testing.assert_allclose(whole.model, overlapped.model, rtol=1e-5, atol=1e-7)
    assert overlapped.summary['bytes'] == whole.summary['bytes'] == overlapped.predicted['bytes']
    assert overlapped.summary['messages'] == overlapped.predicted['messages']


def test_what_overlaps_is_saved(make_experiment, train):
    """Computing takes long and sending too: with buckets, one hides behind the other."""
    times = {}
    for buckets in (1, 4):
        experiment = make_experiment(workers=2, servers=0, stop={'rounds': 1})
        experiment.cluster.devices.speed[:] = 1e4
        experiment.scale = type(experiment.scale)(bytes=1000.0)
        train(experiment, 'all_reduce', buckets=buckets)
        times[buckets] = experiment.clock.now
    assert times[4] < times[1]


def test_overlap_is_bounded_by_the_longer_of_the_two(make_experiment, train):
    experiment = make_experiment(workers=2, servers=0, stop={'rounds': 1})
    train(experiment, 'all_reduce', buckets=6)
    compute = experiment.learning.gradient_flops(0) / 1e6
    assert experiment.clock.now > compute


def test_buckets_and_local_steps_do_not_go_together(make_experiment, train):
    with pytest.raises(ValueError, match='need local_steps: 1'):
        train(make_experiment(), 'all_reduce', buckets=2, local_steps=2)
