"""Push-sum: the true average on links one way, and never a share lost, late as it may be."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.cluster.cluster import Wires
from simulator.training import Every
from simulator.training.promises import value_of
from simulator.transport import Message

DIRECTED = [
    'directed_ring',
    'exponential',
    {'random_out': {'degree': 1}},
    {'random_out': {'degree': 3}},
]


def letters_under_way(run):
    """Yield what was sent and not added yet: in the network, in mailboxes, set aside."""
    clock, transport = run.experiment.clock, run.experiment.transport
    for event in clock.completions.values():
        if isinstance(event, Message):
            yield event.payload
    for box in transport._boxes:
        for messages in box._arrived.values():
            yield from (message.payload for message in messages)
    for [process] in run.swarm._lives._running.values():
        inbox = process._generator.gi_frame.f_locals['inbox']
        for held in inbox._held.values():
            yield from held
        message = process.target.value if process.target.triggered else None
        if hasattr(message, 'payload'):
            yield message.payload


def total(run):
    """Return the sum of x and the sum of w over all peers and all that is under way."""
    kept = [each for each in run.protocol.held if each is not None]
    under_way = [letter.content for letter in letters_under_way(run)]
    masses = [*kept, *under_way]
    vectors = np.sum([value_of(each.vector) for each in masses], axis=0, dtype=np.float64)
    return vectors, sum(each.weight for each in masses)


@pytest.mark.parametrize('overlay', DIRECTED)
def test_it_converges_to_the_average_over_links_one_way(tools, overlay):
    experiment = tools.make('star', workers=6, rounds=80)
    run = tools.gossip(experiment, 'push_sum', overlay=overlay, start='own')
    np.testing.assert_allclose(run.models, run.starts.mean(axis=0)[None].repeat(6, 0), atol=1e-4)
    assert run.summary['consensus'] < 1e-4


def test_one_peer_at_a_time_agrees_exactly_after_log_n_rounds(tools):
    experiment = tools.make('star', workers=8, rounds=3)
    overlay = {'exponential': {'one_peer': True}}
    run = tools.gossip(experiment, 'push_sum', overlay=overlay, redraw_every=1, start='own')
    np.testing.assert_allclose(run.models, run.starts.mean(axis=0)[None].repeat(8, 0), atol=1e-6)
    assert run.summary['messages'] == 3 * 8


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(
    seed=st.integers(0, 1000),
    staleness=st.integers(0, 3),
    sigma=st.sampled_from([None, 0.5, 1.5]),
    overlay=st.sampled_from([*DIRECTED, None]),
    loss=st.sampled_from([0.0, 0.2]),
    attempts=st.sampled_from([1, 16]),
    spread=st.booleans(),
)
def test_mass_is_conserved_however_late_shares_are(
    request, seed, staleness, sigma, overlay, loss, attempts, spread
):
    tools = request.getfixturevalue('tools')
    latency = np.random.default_rng(seed).uniform(1e-3, 3e-2, 5) if spread else 1e-3
    experiment = tools.make(
        'star',
        workers=5,
        seed=seed,
        stop={'time': 0.15},
        every=Every(1000, 'rounds'),
        sigma=sigma,
        latency=latency,
        loss=loss,
        wires=Wires(resend=0.01, attempts=attempts),
    )
    protocol = {'push_sum': {'staleness': staleness, 'timeout': '20 ms'}}
    run = tools.gossip(experiment, protocol, overlay=overlay, start='own')
    vectors, weight = total(run)
    assert weight == pytest.approx(5, rel=1e-9)
    np.testing.assert_allclose(vectors, run.starts.sum(axis=0), atol=1e-4)


@pytest.mark.parametrize('attempts', [1, 16])
def test_it_finds_the_average_though_messages_are_lost(tools, attempts):
    experiment = tools.make(
        'star',
        workers=5,
        rounds=100,
        loss=0.1,
        wires=Wires(resend=0.01, attempts=attempts),
    )
    protocol = {'push_sum': {'timeout': '50 ms'}}
    run = tools.gossip(experiment, protocol, overlay='exponential', start='own')
    assert experiment.cluster.fabric.totals['lost'] > 20
    np.testing.assert_allclose(run.models, run.starts.mean(axis=0)[None].repeat(5, 0), atol=1e-3)


def test_staleness_hides_the_way_of_the_shares(tools):
    times = []
    for staleness in (0, 2):
        experiment = tools.make('star', workers=4, rounds=20, latency=5e-3)
        tools.gossip(experiment, {'push_sum': {'staleness': staleness}}, overlay='directed_ring')
        times.append(experiment.clock.now)
    assert times[1] < 0.6 * times[0]


def test_a_crash_takes_sum_and_weight_alike(tools):
    experiment = tools.make('star', workers=6, stop={'time': 0.4}, every=Every(50, 'rounds'))
    fault = {'devices': 2, 'at': '30 ms', 'until': '60 ms'}
    tools.faulted(experiment, {'churn': fault})
    protocol = {'push_sum': {'timeout': '10 ms'}}
    run = tools.gossip(experiment, protocol, overlay={'random_out': {'degree': 2}}, start='own')
    assert run.summary['consensus'] < 1e-3
    assert 4 < total(run)[1] < 6
    np.testing.assert_allclose(run.models[2], total(run)[0] / total(run)[1], atol=1e-3)
