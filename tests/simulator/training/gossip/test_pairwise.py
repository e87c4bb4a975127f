"""Pairwise averaging: the mean is kept, nobody blocks for ever, a lost message changes nothing."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.training.promises import value_of
from simulator.transport import Message


@pytest.mark.parametrize('sigma', [None, 0.7])
@pytest.mark.parametrize(('topology', 'workers'), [('ring', 2), ('ring', 7), ('star', 6)])
def test_the_mean_is_kept_and_the_peers_agree(tools, topology, workers, sigma):
    experiment = tools.make(topology, workers=workers, rounds=60, sigma=sigma)
    run = tools.gossip(experiment, 'pairwise', start='own')
    expected = run.starts.mean(axis=0)
    np.testing.assert_allclose(run.models.mean(axis=0), expected, atol=1e-5)
    assert run.summary['consensus'] < 0.05 * np.linalg.norm(run.starts - expected, axis=1).mean()


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(
    seed=st.integers(0, 1000),
    loss=st.sampled_from([0.0, 0.3]),
    sigma=st.sampled_from([None, 1.0]),
    faulty=st.booleans(),
)
def test_lost_offers_and_answers_keep_the_sum(request, seed, loss, sigma, faulty):
    tools = request.getfixturevalue('tools')
    experiment = tools.make('torus', workers=9, seed=seed, rounds=25, loss=loss, sigma=sigma)
    if faulty:
        tools.faulted(experiment, {'link_down': {'links': '0-1', 'up': '3 ms', 'down': '2 ms'}})
    run = tools.gossip(experiment, 'pairwise', start='own')
    # where an answer is under way, or just there, one end has the average, the other is about to
    clock, there = experiment.clock, [each for each in run.protocol.awaited if each is not None]
    messages = [event for event in clock.completions.values() if isinstance(event, Message)]
    messages += [event.value for event in there if event.triggered]
    halfway = [each.payload.content for each in messages if each and each.tag == 'answer']
    moved = [value_of(each.average) - value_of(each.own) for each in halfway if each]
    total = run.models.sum(axis=0) - np.sum(moved, axis=0)
    np.testing.assert_allclose(total, run.starts.sum(axis=0), atol=2e-5)


def test_a_busy_peer_lets_lower_numbers_wait_and_refuses_higher_ones(tools):
    experiment = tools.make('ring', workers=2, rounds=1)
    run = tools.gossip(experiment, 'pairwise', start='own')
    # both offer at once: 0 refuses 1, then 1 answers 0
    assert run.summary['messages'] == 4
    np.testing.assert_allclose(run.models, run.starts.mean(axis=0)[None].repeat(2, 0), atol=1e-6)


def test_a_round_is_an_update_of_each_on_average(tools):
    experiment = tools.make('ring', workers=5, rounds=8, rate=0.1, sigma=1.0)
    run = tools.gossip(experiment, 'pairwise')
    learning = experiment.learning
    assert run.summary['epochs'] == pytest.approx(8 * 5 * 8 / learning.samples_per_epoch)


def test_a_lone_peer_descends_as_plain_sgd(tools):
    experiment = tools.make('ring', workers=1, rounds=6, rate=0.2)
    run = tools.gossip(experiment, 'pairwise')
    learning = tools.make('ring', workers=1).learning
    model = learning.initial
    for _ in range(6):
        model = model - np.float32(0.2) * learning.request(0, model).value
    np.testing.assert_allclose(run.models[0], model, atol=1e-5)


def test_the_others_go_on_when_one_dies(tools):
    experiment = tools.make('ring', workers=6, rounds=60)
    tools.faulted(experiment, {'device_down': {'devices': 2, 'at': '5 ms'}})
    run = tools.gossip(experiment, 'pairwise', start='own')
    assert run.summary['rounds'] == 60
    others = [0, 1, 3, 4, 5]
    assert np.ptp(run.models[others], axis=0).max() < 0.1


def test_who_comes_back_from_a_crash_takes_over_a_model(tools):
    experiment = tools.make('ring', workers=4, rounds=80)
    tools.faulted(experiment, {'churn': {'devices': 2, 'at': '10 ms', 'until': '50 ms'}})
    run = tools.gossip(experiment, 'pairwise', start='own')
    assert run.swarm.newcomers == set()
    assert run.summary['consensus'] < 0.05
