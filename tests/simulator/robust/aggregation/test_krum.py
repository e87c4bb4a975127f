"""Krum and Multi-Krum, against their definition spelt out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.robust.aggregation import krum, multi_krum
from simulator.robust.aggregation.krum import krum_scores


def slow_scores(vectors, f):
    """Sum the squared distances to the n - f - 2 nearest others."""
    n = len(vectors)
    scores = []
    for i in range(n):
        to_others = [float(((vectors[i] - vectors[j]) ** 2).sum()) for j in range(n) if j != i]
        scores.append(sum(sorted(to_others)[: n - f - 2]))
    return np.array(scores)


@given(st.integers(0, 4), st.integers(0, 5), st.sampled_from([1, 40]), st.integers(0, 2**32))
@settings(max_examples=40)
def test_scores_are_those_of_the_definition(f, more, d, seed):
    n = 2 * f + 3 + more
    vectors = np.random.default_rng(seed).standard_normal((n, d))
    distances = ((vectors[:, None] - vectors[None, :]) ** 2).sum(axis=-1)
    scores = slow_scores(vectors, f)
    assert krum_scores(distances, n - f - 2) == pytest.approx(scores)
    if n - f > 3:  # else two may share the least score
        assert (krum(vectors, f=f) == vectors[np.argmin(scores)]).all()
    keep = 1 + seed % (n - f - 2)
    best = np.argsort(scores)[:keep]
    if n - f > 3:
        expected = vectors[best].mean(axis=0)
        assert multi_krum(vectors, f=f, keep=keep) == pytest.approx(expected)


def test_only_n_minus_f_minus_2_others_count():
    """With one more, as a peer has it, 8 would win."""
    vectors = np.array([[7.0], [11.0], [3.0], [9.0], [2.0], [4.0], [8.0]])
    distances = (vectors - vectors.T) ** 2
    assert krum_scores(distances, 3).tolist() == [14, 29, 18, 9, 30, 14, 11]
    assert krum_scores(distances, 4).tolist() == [30, 78, 43, 34, 66, 30, 27]
    assert krum(vectors, f=2).item() == 9


def test_by_default_as_many_are_kept_as_can_be(rng):
    vectors = rng.standard_normal((12, 7))
    assert (multi_krum(vectors, f=3) == multi_krum(vectors, f=3, keep=7)).all()
    with pytest.raises(ScenarioError, match=r'keep <= n - f - 2: n=12, f=3, keep=8'):
        multi_krum(vectors, f=3, keep=8)


def test_of_two_with_one_score_the_one_nearer_to_all_wins():
    vectors = np.array([[0.0], [1.0], [5.0]])
    assert krum(vectors, f=0).item() == krum(vectors[::-1], f=0).item() == 1.0


def test_krum_returns_one_of_its_vectors_itself(rng):
    vectors = rng.standard_normal((9, 50)).astype(np.float32)
    assert (krum(vectors, f=3) == vectors).all(axis=1).any()


def test_f_colluding_vectors_cannot_vouch_for_each_other(rng):
    honest = rng.standard_normal((8, 10))
    together = np.repeat(20 + honest[:1], 5, axis=0)
    assert (krum(np.concatenate([together, honest]), f=5) == honest).all(axis=1).any()
