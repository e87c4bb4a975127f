"""Robust mixing: what neighbours can do to a peer, against slow and obvious references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.training import KINDS, Facts
from simulator.training.gossip import MIXES
from simulator.training.gossip.robust_mixing import PROBLEMS, ROBUST

OPTIONS = {
    'median': {},
    'trimmed_mean': {'f': 2},
    'nearest_neighbour_averaging': {'f': 2},
    'self_centred_clipping': {'f': 2},
    'by_rule': {'rule': {'multi_krum': {'f': 2}}},
}
BROKEN = [np.full(3, np.nan), np.full(3, np.inf), np.full(3, 1e300), np.zeros(2), None]

few = settings(max_examples=15)
models = arrays(np.float64, (7, 3), elements=st.floats(-10, 10, width=32))


def mix(name, own, received, weights=None, **options):
    choice = MIXES.read({name: {**OPTIONS.get(name, {}), **options}})
    weights = [1 / (1 + len(received))] * len(received) if weights is None else weights
    return choice(own, received, weights)


def test_every_robust_mix_is_under_test():
    assert set(OPTIONS) == set(ROBUST)


@few
@given(models)
@pytest.mark.parametrize('name', ROBUST)
def test_peers_that_agree_stay_where_they_are(name, vectors):
    own = vectors[0]
    mixed = mix(name, own, [own.copy()] * 4 + [vectors[5] * 1e3, vectors[6] - 50])
    np.testing.assert_allclose(mixed, own, atol=1e-9)


@few
@given(models)
@pytest.mark.parametrize('name', [name for name in ROBUST if name != 'self_centred_clipping'])
def test_two_liars_of_seven_pull_nobody_out_of_the_honest_range(name, vectors):
    honest = vectors[:5]
    for lie in (1e6, -1e6):
        mixed = mix(name, honest[0], [*honest[1:], np.full(3, lie), np.full(3, lie)])
        assert (mixed <= honest.max(axis=0) + 1e-6).all()
        assert (mixed >= honest.min(axis=0) - 1e-6).all()


@pytest.mark.parametrize('broken', BROKEN, ids=str)
@pytest.mark.parametrize('name', ROBUST)
def test_what_is_no_vector_does_no_harm(name, broken):
    honest = np.random.default_rng(1).normal(size=(5, 3))
    mixed = mix(name, honest[0], [*honest[1:], broken, broken])
    assert np.isfinite(mixed).all()
    assert np.abs(mixed).max() < 10


@few
@given(models, st.floats(0.1, 5))
def test_clipping_against_its_definition(vectors, radius):
    own, received = vectors[0], vectors[1:]
    weights = np.linspace(0.05, 0.2, 6)
    expected = own.copy()
    for weight, other in zip(weights, received, strict=True):
        away = other - own
        length = np.linalg.norm(away)
        expected += weight * away * (min(1, radius / length) if length else 1)
    mixed = mix('self_centred_clipping', own, list(received), list(weights), radius=radius)
    np.testing.assert_allclose(mixed, expected, atol=1e-9)


@few
@given(models, st.floats(10, 1e9))
def test_a_clipped_liar_pulls_no_farther_than_the_honest_spread(vectors, far):
    own, honest = vectors[0], vectors[1:5]
    weights = [0.15] * 6
    lies = [own + far, own - 2 * far]
    mixed = mix('self_centred_clipping', own, [*honest, *lies], weights, f=2)
    spread = np.sqrt(sum(0.15 * np.sum((other - own) ** 2) for other in honest) / 0.3)
    # two liars, each by its weight times the radius, and the honest ones by what they are
    pull = 0.3 * spread + 0.15 * sum(np.linalg.norm(other - own) for other in honest)
    assert np.linalg.norm(mixed - own) <= pull + 1e-6


@few
@given(models)
def test_nearest_neighbours_against_a_sort(vectors):
    away = np.linalg.norm(vectors - vectors[0], axis=1)
    kept = sorted(range(7), key=lambda k: (k != 0, away[k], k))[:5]
    mixed = mix('nearest_neighbour_averaging', vectors[0], list(vectors[1:]))
    expected = vectors[kept].mean(axis=0)
    # ties by rounding: as good a mean is one of vectors as near
    if len(set(np.round(away, 9))) == 7:
        np.testing.assert_allclose(mixed, expected, atol=1e-9)


@pytest.mark.parametrize('name', ROBUST)
def test_nobody_to_mix_with(name):
    own = np.array([1.0, 2.0])
    np.testing.assert_array_equal(mix(name, own, []), own)


@pytest.mark.parametrize('missing', range(7))
@pytest.mark.parametrize('name', ROBUST)
def test_missing_models_are_no_error(name, missing):
    honest = np.random.default_rng(1).normal(size=(7, 3))
    assert np.isfinite(mix(name, honest[0], list(honest[1 : 7 - missing]))).all()


@pytest.mark.parametrize('name', ROBUST)
def test_robust_gossip_learns(tools, name):
    experiment = tools.make('star', workers=7, rounds=25, rate=0.5, sigma=0.5)
    run = tools.gossip(experiment, aggregation={name: OPTIONS[name]})
    assert run.problems == []
    assert run.summary['test_accuracy'] > 0.75
    rows = [row for row in run.metrics if row[4] == 'test_accuracy']
    assert {row[3] for row in rows} == {-1, *range(7)}


@pytest.mark.parametrize('name', ROBUST)
def test_a_mix_costs_its_flops(tools, name):
    weighted, robust = (
        tools.gossip(tools.make('star', workers=7, rounds=3), aggregation=each)
        for each in ('weighted', {name: OPTIONS[name]})
    )
    assert robust.experiment.clock.now > weighted.experiment.clock.now


def problems(topology_facts, protocol, aggregation):
    choice = KINDS.read({'gossip': {'protocol': protocol, 'aggregation': aggregation}})
    return list(choice.beside('check')(topology_facts, **choice.options))


@pytest.mark.parametrize(
    ('protocol', 'aggregation', 'words'),
    [
        ('dpsgd', {'trimmed_mean': {'f': 1}}, None),
        ('dpsgd', {'trimmed_mean': {'f': 2}}, 'trimmed_mean needs n >= 2f + 1'),
        ('dpsgd', {'by_rule': {'rule': {'krum': {'f': 1}}}}, 'krum needs n >= 2f + 3: n=3, f=1'),
        ('dpsgd', {'by_rule': {'rule': {'bucketing': {'rule': 'median'}}}}, 'rule that draws'),
        ('push', 'median', 'it needs n >= 3; push meets one model at a time'),
        ('push', 'self_centred_clipping', None),
        ('pairwise', 'median', 'adds up what it receives'),
        ('push_sum', {'trimmed_mean': {'f': 1}}, 'adds up what it receives'),
    ],
)
def test_too_few_neighbours_are_told_of(tools, protocol, aggregation, words):
    cluster = tools.make('ring', workers=6).cluster
    facts = Facts.of(cluster.graph, cluster.network, cluster.devices, parameters=5, rounds=1)
    found = problems(facts, protocol, aggregation)
    assert found == [] if words is None else words in found[0]


def test_what_needs_something_says_so():
    assert set(PROBLEMS) == set(ROBUST) - {'self_centred_clipping'}
