"""Epidemic learning: s receivers each, drawn anew each round; all that came is averaged."""

import numpy as np
import pytest


@pytest.mark.parametrize(('receivers', 'most'), [(None, 3), (1, 1), (2, 2), (50, 6)])
def test_each_peer_sends_to_s_others_and_averages_what_comes(tools, receivers, most):
    experiment = tools.make('star', workers=7, rounds=3)
    run = tools.gossip(experiment, {'epidemic': {'receivers': receivers}}, start='own')
    assert run.summary['messages'] == 3 * 7 * most
    models = run.starts
    for round_ in (1, 2, 3):
        targets, sources = run.protocol.drawn(round_)
        assert all(len(set(drawn)) == most and k not in drawn for k, drawn in enumerate(targets))
        models = np.stack([models[[k, *sources[k]]].mean(axis=0) for k in range(7)])
    np.testing.assert_allclose(run.models, models, atol=1e-6)


def test_with_all_as_receivers_peers_agree_each_round(tools):
    experiment = tools.make('star', workers=5, rounds=1, rate=0.1)
    run = tools.gossip(experiment, {'epidemic': {'receivers': 4}}, start='own')
    assert run.summary['consensus'] < 1e-6


def test_receivers_are_neighbours(tools):
    experiment = tools.make('ring', workers=9, rounds=2)
    run = tools.gossip(experiment, {'epidemic': {'receivers': 1}})
    for round_ in (1, 2):
        for peer, drawn in enumerate(run.protocol.drawn(round_)[0]):
            assert {(peer - other) % 9 for other in drawn} <= {1, 8}


def test_draws_change_from_round_to_round(tools):
    run = tools.gossip(tools.make('star', workers=9, rounds=2), 'epidemic')
    assert run.protocol.drawn(1) != run.protocol.drawn(2)
