import numpy as np
import pytest

from simulator.compression import CompressionError, encode, low_rank


def packets(compressor, vectors, seed=0):
    state, rng = compressor.init(len(vectors[0])), np.random.default_rng(seed)
    for vector in vectors:
        packet, state = compressor.apply(np.asarray(vector, np.float32), state, rng)
        yield packet


@pytest.fixture
def matrix():
    return np.random.default_rng(0).standard_normal((12, 9)).astype(np.float32)


@pytest.mark.parametrize('rank', [1, 2, 4])
def test_a_matrix_of_that_rank_is_exact(rank):
    rng = np.random.default_rng(rank)
    exact = (rng.standard_normal((12, rank)) @ rng.standard_normal((rank, 9))).ravel()
    [packet] = packets(low_rank([(12, 9)], rank=rank), [exact])
    np.testing.assert_allclose(packet.vector, exact, atol=1e-5)
    assert packet.bytes == 4 * rank * (12 + 9) == len(encode(packet))


def test_asked_again_and_again_it_finds_the_best_approximation(matrix):
    *_, last = packets(low_rank([(12, 9)], rank=2), [matrix.ravel()] * 200)
    u, s, vt = np.linalg.svd(matrix)
    np.testing.assert_allclose(
        last.vector.reshape(12, 9), u[:, :2] * s[:2] @ vt[:2], rtol=1e-3, atol=1e-3
    )


def test_what_is_left_out_is_orthogonal_to_what_is_sent(matrix):
    [packet] = packets(low_rank([(12, 9)], rank=2), [matrix.ravel()])
    left_out = matrix.ravel() - packet.vector
    assert left_out @ packet.vector == pytest.approx(0, abs=1e-4)


def test_biases_and_small_arrays_are_sent_as_they_are():
    compressor = low_rank([(8, 8), (8,), (2, 2)], rank=2)
    vector = np.arange(76, dtype=np.float32)
    [packet] = packets(compressor, [vector])
    assert (packet.vector[64:] == vector[64:]).all()
    assert packet.bytes == compressor.size(76) == 4 * (2 * 16 + 8 + 4)


def test_factors_of_many_senders_add_up_in_two_phases(matrix):
    compressor = low_rank([(12, 9), (9,)], rank=2)
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((4, 117)).astype(np.float32)
    [packet] = packets(compressor, [vectors.sum(axis=0)], seed=5)
    right = np.random.default_rng(5).standard_normal((9, 2), np.float32)
    matrices = vectors[:, :108].reshape(4, 12, 9)
    left = np.linalg.qr(sum(each @ right for each in matrices)).Q
    right = sum(each.T @ left for each in matrices)
    np.testing.assert_allclose(packet.vector[:108].reshape(12, 9), left @ right.T, atol=1e-4)
    assert compressor.form.phases == (12 * 2 + 9, 9 * 2)


def test_kernels_are_cut_where_their_sides_are_most_alike():
    form = low_rank([(64, 32, 3, 3), (5, 5, 16, 32)]).form
    assert [(piece.rows, piece.columns) for piece in form.pieces] == [(64, 288), (400, 32)]


def test_a_zero_matrix_does_not_stop_it(matrix):
    zero, after, later = packets(low_rank([(12, 9)]), [np.zeros(108), *[matrix.ravel()] * 2])
    assert not zero.vector.any()
    assert 0 < np.linalg.norm(after.vector) < np.linalg.norm(later.vector)


def test_only_the_matrix_concerned_is_lost_and_only_once(matrix):
    broken = np.r_[matrix.ravel(), matrix.ravel()]
    broken[3] = np.inf
    first, second = packets(low_rank([(12, 9)] * 2), [broken, np.tile(matrix.ravel(), 2)])
    assert np.isnan(first.vector[:108]).all()
    assert np.isfinite(first.vector[108:]).all()
    assert np.isfinite(second.vector).all()


def test_a_part_of_a_model_is_refused():
    with pytest.raises(CompressionError, match=r'shapes hold 108 parameters, the vector 54'):
        low_rank([(12, 9)]).init(54)
