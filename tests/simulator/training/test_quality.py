"""What is measured of each round's aggregate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.robust.aggregation import RULES, Outcome, outcome
from simulator.robust.measures import angle, distance, variance_to_norm
from simulator.training.quality import Quality


class Board:
    """A scoreboard that remembers."""

    def __init__(self):
        self.rounds, self.now, self.seen = 1, 2.0, []

    def metric(self, name, value):
        self.seen.append((name, value))


def measured(vectors, liars, result, shards=1):
    board = Board()
    quality = Quality(board, liars, shards)
    for shard, part in enumerate(np.array_split(np.arange(vectors.shape[1]), shards)):
        one = Outcome(result.vector[part], result.selected)
        quality.look(shard, vectors[:, part], list(range(len(vectors))), one)
    quality.round_done()
    return dict(board.seen), quality.figures


@given(seed=st.integers(0, 2**32), shards=st.integers(1, 4), liars=st.sets(st.integers(0, 7)))
def test_it_says_what_the_measures_say_however_the_vector_is_cut(seed, shards, liars):
    vectors = 1 + np.random.default_rng(seed).standard_normal((10, 12))
    result = outcome(RULES.read({'multi_krum': {'f': 2}}), vectors)
    found, figures = measured(vectors, liars, result, shards)
    honest = np.delete(vectors, sorted(liars), axis=0)
    assert found['aggregate_distance'] == pytest.approx(distance(result.vector, honest))
    exact = angle(result.vector, honest.mean(axis=0))
    assert found['aggregate_angle'] == pytest.approx(exact, abs=1e-7)  # an arccos near 1
    assert found['byzantine_share'] == pytest.approx(np.isin(result.selected, list(liars)).mean())
    expected = variance_to_norm(honest)
    assert found['variance_to_norm'] == pytest.approx(expected, rel=1e-6)
    assert figures['rounds_per_second'] == 0.5


def test_a_rule_that_does_not_select_says_nothing_of_a_share():
    vectors = np.ones((5, 3))
    found, _ = measured(vectors, {4}, outcome(RULES.read('median'), vectors))
    assert 'byzantine_share' not in found
    assert found['aggregate_distance'] == 0.0


def test_without_an_honest_vector_there_is_nothing_to_compare_with():
    found, figures = measured(np.ones((1, 3)), {0}, Outcome(np.ones(3)))
    assert found == {}
    assert set(figures) == {'rounds_per_second'}


def test_what_is_not_finite_is_shown_and_not_averaged():
    vectors = np.array([[1.0, 0.0], [-1.0, 0.0]])
    found, figures = measured(vectors, set(), Outcome(np.array([np.inf, 0.0])))
    assert found['variance_to_norm'] == found['aggregate_distance'] == np.inf
    assert 'aggregate_distance' not in figures
