"""Gossip learning: merged by age, trained where models arrive, one after the other."""

import numpy as np
import pytest

from simulator.errors import StalledError
from simulator.training.gossip.swarm import Partners
from simulator.training.gossip.walking import Aged, Push

WALKS = ['push', 'pull', 'push_pull']


def slow(name, **options):
    """A protocol whose periods leave room for what arrives."""
    return {name: {'period': '50 ms', **options}}


@pytest.mark.parametrize('name', WALKS)
def test_every_update_is_a_message_with_a_model(tools, name):
    experiment = tools.make('star', workers=8, rounds=6, rate=0.1)
    run = tools.gossip(experiment, slow(name))
    ages = [held.age for held in run.protocol.held]
    assert 48 <= run.protocol.updates < 48 + 8
    assert max(ages) <= 48
    messages = run.summary['messages']
    assert messages >= 48 * (2 if name == 'pull' else 1)


def test_two_peers_are_the_recursion_of_the_paper(tools):
    """Each model merges by age with one's own, and takes a step on local data."""
    experiment = tools.make('ring', workers=2, rounds=3, rate=0.2)
    run = tools.gossip(experiment, slow('push'), start='own')
    first = [Partners(experiment.cluster.seeds, peer).draw() for peer in range(2)]
    learning = tools.make('ring', workers=2).learning
    models, ages = list(run.starts), [0, 0]
    for sender in [int(np.argmin(first)), int(np.argmax(first))] * 3:
        receiver = 1 - sender
        total = ages[0] + ages[1]
        share = np.float32(ages[sender] / total if total else 0.5)
        merged = (1 - share) * models[receiver] + share * models[sender]
        gradient = learning.request(receiver, merged.astype(np.float32)).value
        models[receiver] = merged - np.float32(0.2) * gradient
        ages[receiver] = max(ages) + 1
    np.testing.assert_allclose(run.models, models, atol=1e-5)
    assert [held.age for held in run.protocol.held] == ages


@pytest.mark.parametrize(
    ('merge', 'ages', 'expected', 'age'),
    [
        ('age', (1, 3), 0.75, 3),
        ('age', (0, 0), 0.5, 0),
        ('age', (4, 0), 0.0, 4),
        ('average', (1, 3), 0.5, 3),
        ('never', (5, 3), 1.0, 3),
    ],
)
def test_merging(tools, merge, ages, expected, age):
    experiment = tools.make('ring', workers=2, rounds=1)
    swarm = tools.gossip(experiment, slow('push')).swarm
    zero, one = np.zeros(3, np.float32), np.ones(3, np.float32)
    merged = Push(swarm, merge=merge).merged(Aged(zero, ages[0]), Aged(one, ages[1]))
    value = getattr(merged.model, 'value', merged.model)
    np.testing.assert_allclose(value, expected * one)
    assert merged.age == age


def test_what_arrives_while_a_peer_trains_is_merged_when_it_has_finished(tools):
    experiment = tools.make('star', workers=10, rounds=4, rate=0.1)
    run = tools.gossip(experiment, {'push': {'period': '0.2 ms'}})
    # many more messages than updates, and yet no queue grows
    assert run.summary['messages'] >= 2 * 40
    assert max(map(len, experiment.transport._boxes)) < 30


def test_by_default_a_period_is_about_a_round_of_synchronous_gossip(tools):
    experiment = tools.make('ring', workers=4, rounds=2)
    run = tools.gossip(experiment, 'push')
    compute = experiment.learning.gradient_flops(0) / 1e6
    size = 4 * (1 + experiment.parameters) / 1e6
    assert run.protocol.period == pytest.approx(compute + 2 * 1e-3 + size)


@pytest.mark.parametrize('name', WALKS)
def test_a_lone_peer_trains_once_a_period(tools, name):
    experiment = tools.make('ring', workers=1, rounds=5, rate=0.2)
    run = tools.gossip(experiment, slow(name))
    learning = tools.make('ring', workers=1).learning
    model = learning.initial
    for _ in range(5):
        model = model - np.float32(0.2) * learning.request(0, model).value
    np.testing.assert_allclose(run.models[0], model, atol=1e-6)
    assert run.summary['messages'] == 0


@pytest.mark.parametrize('name', WALKS)
def test_when_nothing_arrives_any_more_the_run_ends_with_a_diagnosis(tools, name):
    experiment = tools.make('ring', workers=3, rounds=50)
    for link in ('0-1', '1-2', '0-2'):
        tools.faulted(experiment, {'link_down': {'links': link, 'at': '20 ms'}})
    with pytest.raises(StalledError, match=r'device 0 waits for model'):
        tools.gossip(experiment, name)


def test_a_fault_that_ends_is_waited_for(tools):
    experiment = tools.make('ring', workers=2, rounds=4)
    tools.faulted(experiment, {'link_down': {'links': '0-1', 'at': '20 ms', 'until': '50 s'}})
    run = tools.gossip(experiment, slow('push'))
    assert run.summary['rounds'] == 4
    assert experiment.clock.now > 50


def test_who_comes_back_from_a_crash_is_of_age_0(tools):
    experiment = tools.make('ring', workers=4, rounds=40, rate=0.1)
    tools.faulted(experiment, {'churn': {'devices': 2, 'at': '0.2 s', 'until': '0.5 s'}})
    run = tools.gossip(experiment, slow('push'))
    ages = [held.age for held in run.protocol.held]
    assert run.swarm.newcomers == set()
    assert min(ages) > max(ages) / 2  # it took over what the others had done
