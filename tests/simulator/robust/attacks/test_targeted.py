"""Attacks made for one kind of rule, or for gossip."""

from itertools import pairwise

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.robust.aggregation import RULES, krum, median, trimmed_mean
from simulator.robust.attacks import View, dissensus, fang, mimic, one_coordinate


def view_of(rng, h=15, b=5, d=50, mean=0.3, **more):
    return View(
        rng.standard_normal((h, d)) + mean, rng.standard_normal((b, d)) + mean, rng=rng, **more
    )


def test_fang_moves_krum_to_a_liar_against_the_mean(rng):
    view = view_of(rng)
    sent = fang(view, against='krum')
    assert (sent == sent[0]).all()
    received = np.concatenate([view.honest, sent])
    picked = krum(received, f=5)
    assert (picked == sent[0]).all()
    assert (np.sign(picked) == -np.sign(view.honest.mean(axis=0))).all()


@pytest.mark.parametrize('sign', [1, -1])
@pytest.mark.parametrize('mean', [0.3, 20.0])
def test_fang_lies_beyond_the_honest_on_the_wrong_side(rng, sign, mean):
    view = view_of(rng, mean=sign * mean)
    sent = fang(view, spread=2.0)
    low, high = view.honest.min(axis=0), view.honest.max(axis=0)
    against = np.where(view.honest.mean(axis=0) > 0, sent - low, high - sent)
    assert (against <= 1e-12).all()
    assert (np.abs(sent) <= 2 * np.maximum(np.abs(low), np.abs(high))).all()
    if mean > 10:
        assert (np.abs(sent) >= np.minimum(np.abs(low), np.abs(high)) / 2).all()
    received = np.concatenate([view.honest, sent])
    for result in (trimmed_mean(received, f=5), median(received)):
        assert (result - view.honest.mean(axis=0)) @ view.honest.mean(axis=0) < 0


def leeway(rng, rule, d):
    view = view_of(rng, h=19, b=4, d=d, rule=RULES.read(rule))
    sent = one_coordinate(view)
    assert (sent[:, 1:] == view.mean[1:]).all()
    return view.outcome(sent[0])[0] - view.honest.mean(axis=0)[0]


def test_one_coordinate_gains_more_from_krum_the_more_dimensions_but_not_from_bulyan(rng):
    from_krum = [leeway(rng, {'krum': {'f': 4}}, d) for d in (64, 1024, 16384)]
    growth = [after / before for before, after in pairwise(from_krum)]
    assert all(2.5 < each < 7 for each in growth)  # about as the root of d: 4
    from_bulyan = [leeway(rng, {'bulyan': {'f': 4}}, d) for d in (64, 4096)]
    assert max(from_bulyan) < 2


def test_one_coordinate_by_a_given_amount(rng):
    view = view_of(rng)
    sent = one_coordinate(view, coordinate=3, amount=-7.0)[0]
    assert sent - view.honest.mean(axis=0) == pytest.approx(-7 * np.eye(50)[3])


def test_mimic_copies_one_honest_node(rng):
    view = view_of(rng)
    assert (mimic(view, worker=4) == view.honest[4]).all()
    sent = mimic(view)
    assert (sent == sent[0]).all()
    centred = view.honest - view.honest.mean(axis=0)
    top = np.linalg.svd(centred)[2][0]
    assert (sent[0] == view.honest[np.argmax(np.abs(centred @ top))]).all()


def gossip(view, sent):
    weights = np.ones(len(view.honest) + view.f) if view.weights is None else view.weights
    senders = np.concatenate([view.honest, sent])
    return view.receiver + 0.1 * weights @ (senders - view.receiver)


@pytest.mark.parametrize('weighted', [False, True])
def test_dissensus_stops_gossip_at_one_and_reverses_it_beyond(rng, weighted):
    weights = rng.random(20) if weighted else None
    view = view_of(rng, receiver=rng.standard_normal(50), weights=weights)
    assert gossip(view, dissensus(view)) == pytest.approx(view.receiver)
    honest = gossip(view, np.repeat(view.receiver[None], 5, axis=0)) - view.receiver
    away = gossip(view, dissensus(view, epsilon=2.0)) - view.receiver
    assert away == pytest.approx(-honest)


def test_dissensus_needs_a_receiver(rng):
    with pytest.raises(ScenarioError, match='dissensus'):
        dissensus(view_of(rng))
