import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.compression import error_feedback, float16, int8, low_rank, random_k, sign, top_k

INNER = {
    'top_k': lambda: top_k(count=2),
    'random_k': lambda: random_k(count=4, scaled=False),
    'sign': sign,
    'int8': int8,
    'float16': float16,
    'low_rank': lambda: low_rank([(3, 4)], rank=1),
}


def walk(compressor, vectors):
    state, rng, sent = compressor.init(vectors.shape[1]), np.random.default_rng(0), []
    for vector in vectors:
        packet, state = compressor.apply(vector, state, rng)
        sent.append(packet.vector.astype(float))
        yield np.array(sent), state


@settings(max_examples=20)
@given(st.sampled_from(list(INNER)), st.integers(0, 10**6), st.integers(1, 12))
def test_what_was_sent_and_the_residual_are_all_there_was(name, seed, steps):
    vectors = np.random.default_rng(seed).standard_normal((steps, 12)).astype(np.float32)
    *_, (sent, state) = walk(error_feedback(INNER[name]()), vectors)
    total = vectors.sum(axis=0, dtype=float)
    np.testing.assert_allclose(sent.sum(axis=0) + state.residual, total, atol=1e-4)


@pytest.mark.parametrize('count', [1, 4, 11])
def test_the_residual_stays_within_its_bound(count):
    # Karimireddy et al., lemma 3: 4 (1 - delta) / delta^2 times the largest squared norm
    vectors = np.random.default_rng(0).standard_normal((300, 12)).astype(np.float32)
    delta, most = count / 12, (vectors.astype(float) ** 2).sum(axis=1).max()
    for _, state in walk(error_feedback(top_k(count=count)), vectors):
        residual = (state.residual.astype(float) ** 2).sum()
        assert residual <= 4 * (1 - delta) / delta**2 * most


def test_it_finds_the_way_where_signs_alone_do_not():
    # the mean of these gradients leads down, the mean of their signs leads up
    gradients = np.tile(np.float32([[4, 1], [-1, 1], [-1, 1]]), (50, 1))
    *_, (fed_back, _) = walk(error_feedback(sign()), gradients)
    alone = np.array([sign().apply(g, (), None)[0].vector for g in gradients])
    assert fed_back.sum(axis=0) @ gradients.sum(axis=0) > 0
    np.testing.assert_allclose(fed_back.mean(axis=0), gradients.mean(axis=0), atol=0.1)
    assert np.abs(alone.mean(axis=0) - gradients.mean(axis=0)).max() > 0.3


def test_what_is_not_finite_is_not_remembered():
    vectors = np.float32([[1, np.nan, 3], [1, 1, 1], [0, 0, 0]])
    (_, first), (_, second), (sent, third) = walk(error_feedback(top_k(count=1)), vectors)
    assert first.residual.tolist() == [1, 0, 3]
    assert second.residual.tolist() == [2, 1, 0]
    assert sent[2].tolist() == [2, 0, 0]
    assert third.residual.tolist() == [0, 1, 0]
