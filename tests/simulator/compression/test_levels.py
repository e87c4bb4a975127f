import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.compression import int8, qsgd, sign, terngrad

few = settings(max_examples=40)

FINITE = st.floats(-1e6, 1e6, width=32).map(lambda x: x if abs(x) > 1e-3 else 0.0)
VECTORS = arrays(np.float32, st.integers(1, 60), elements=FINITE)


def sent(compressor, vector, seed=0):
    rng = np.random.default_rng(seed)
    return compressor.apply(np.asarray(vector, np.float32), (), rng)[0].vector


def squares(vector):
    return (vector.astype(float) ** 2).sum()


@few
@given(VECTORS, st.integers(1, 20))
def test_int8_is_within_half_a_step_of_each_chunk(vector, chunk):
    decoded = sent(int8(chunk=chunk), vector)
    for start in range(0, len(vector), chunk):
        some = slice(start, start + chunk)
        step = np.abs(vector[some]).max() / 127
        assert (np.abs(decoded[some] - vector[some]) <= step * 0.50001).all()


@few
@given(VECTORS, st.integers(1, 300), st.integers(0, 5))
def test_qsgd_is_one_of_the_two_levels_around(vector, levels, seed):
    step = np.sqrt(squares(vector)) / levels
    decoded = sent(qsgd(levels=levels, chunk='whole'), vector, seed)
    assert (np.abs(decoded - vector) <= step * 1.0001).all()
    counts = decoded.astype(float) / step if step else decoded
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-3)


@few
@given(VECTORS, st.integers(0, 5))
def test_terngrad_says_nothing_the_largest_or_its_opposite(vector, seed):
    most = np.abs(vector).max()
    decoded = sent(terngrad(), vector, seed)
    assert set(np.abs(decoded).tolist()) <= {0.0, float(most)}
    assert (decoded * vector >= 0).all()
    assert (np.abs(decoded[np.abs(vector) == most]) == most).all()


@few
@given(VECTORS)
def test_sign_is_off_by_what_its_paper_says(vector):
    error = squares(sent(sign(), vector) - vector.astype(float))
    norm1 = np.abs(vector.astype(float)).sum()
    assert error == pytest.approx(squares(vector) - norm1**2 / len(vector), rel=1e-4, abs=1e-6)


def test_a_short_last_chunk_has_a_scale_of_its_own():
    assert sent(sign(chunk=2), [1, -3, 5]).tolist() == [2, -2, 5]
    assert sent(int8(chunk=2), [1, -127, 254]).tolist() == [1, -127, 254]


def test_terngrad_clips_at_deviations_of_the_chunk():
    vector = np.r_[np.ones(50), -np.ones(49), 30].astype(np.float32)
    assert np.abs(sent(terngrad(), vector)).max() == 30
    assert np.abs(sent(terngrad(clip=2.5), vector)).max() == pytest.approx(2.5 * vector.std())
    # the zeros that fill the last chunk up are no part of it
    padded = sent(terngrad(clip=1.0, chunk=99), vector)
    assert np.abs(padded[:99]).max() == pytest.approx(vector[:99].std())


def test_what_is_not_finite_stays_in_its_chunk():
    vector = np.float32([1, np.nan, 2, 3, np.inf, 5])
    for compressor in (int8(chunk=2), qsgd(chunk=2), terngrad(chunk=2), sign(chunk=2)):
        lost = np.isnan(sent(compressor, vector))
        assert lost.tolist() == [True, True, False, False, True, True]


def test_norms_do_not_overflow():
    vector = np.full(4, 1e20, np.float32)
    np.testing.assert_allclose(sent(qsgd(levels=2), vector), vector)


def test_a_vector_longer_than_a_block_is_as_good():
    vector = np.random.default_rng(0).standard_normal(200_001).astype(np.float32)
    for compressor in (int8(chunk='whole'), int8(chunk=100_000), int8(chunk=3)):
        assert np.abs(sent(compressor, vector) - vector).max() <= np.abs(vector).max() / 253
