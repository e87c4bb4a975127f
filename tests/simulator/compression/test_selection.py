import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.compression import encode, random_k, threshold, top_k
from simulator.compression.largest import largest, largest_of_each

few = settings(max_examples=50)

# few different values, so that many are equal
COARSE = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 1e-45, np.inf, -np.inf, np.nan])
VECTORS = arrays(np.float32, st.integers(1, 30), elements=COARSE)


def reference(vector, count):
    """Return the places of the largest by a stable sort, nan above inf."""
    magnitudes = np.abs(vector)
    keys = np.where(np.isnan(magnitudes), np.inf, magnitudes).astype(float)
    order = np.lexsort((np.arange(len(vector)), -keys, ~np.isnan(magnitudes)))
    return np.sort(order[:count])


@few
@given(VECTORS, st.data())
def test_the_largest_are_those_of_a_sort(vector, data):
    count = data.draw(st.integers(1, len(vector)))
    np.testing.assert_array_equal(largest(vector, count), reference(vector, count))
    for row in largest_of_each(np.stack([vector, vector[::-1]]), count)[:1]:
        np.testing.assert_array_equal(row, reference(vector, count))


LONG = 200_000
RISING = np.arange(LONG, dtype=np.float32)


@pytest.mark.parametrize('count', [1, 2, 2000, LONG // 2, LONG - 1, LONG])
@pytest.mark.parametrize(
    'vector',
    [
        np.random.default_rng(0).standard_normal(LONG, np.float32),
        np.ones(LONG, np.float32),
        RISING,
        -RISING[::-1],
        RISING % 64,  # every 64th is sampled: all samples are 0
        (RISING % 64 == 0).astype(np.float32),  # or all are the largest
        np.where(RISING < 7, np.float32(np.nan), 0),
    ],
    ids=['normal', 'equal', 'rising', 'falling', 'unseen', 'seen', 'nan'],
)
def test_long_vectors_too_whatever_a_sample_shows(vector, count):
    np.testing.assert_array_equal(largest(vector, count), reference(vector, count))


@few
@given(arrays(np.float32, st.integers(1, 50), elements=st.floats(-1e3, 1e3, width=32)), st.data())
def test_top_k_is_the_best_choice_of_k(vector, data):
    count = data.draw(st.integers(1, len(vector)))
    packet, _ = top_k(count=count).apply(vector, (), np.random.default_rng(0))
    left_out = np.sort(vector.astype(float) ** 2)[: len(vector) - count].sum()
    squares = ((packet.vector.astype(float) - vector) ** 2).sum()
    assert squares == pytest.approx(left_out)
    assert squares <= (1 - count / len(vector)) * (vector.astype(float) ** 2).sum() * 1.000001


@few
@given(st.integers(1, 200), st.floats(0.001, 1))
def test_a_share_is_of_all_entries_and_at_least_one(d, share):
    packet, _ = top_k(share=share).apply(np.ones(d, np.float32), (), np.random.default_rng(0))
    assert abs(len(packet.indices) - share * d) <= max(0.5, 1 - share * d) + 1e-9


def test_random_entries_are_equally_likely_and_scaled():
    rng, vector = np.random.default_rng(0), np.arange(1, 11, dtype=np.float32)
    packets = [random_k(count=3).apply(vector, (), rng)[0] for _ in range(4000)]
    counts = np.bincount(np.concatenate([packet.indices for packet in packets]))
    # chi-square of 10 places drawn 1200 times each: 99.99 % stay below 34
    assert ((counts - 1200) ** 2 / 1200).sum() < 34
    for packet in packets[:10]:
        np.testing.assert_allclose(packet.vector[packet.indices], vector[packet.indices] * 10 / 3)


def test_threshold_sends_what_reaches_it():
    vector = np.float32([0.5, -0.5, 0.49, np.nan, -np.inf, 0])
    packet, _ = threshold(value=0.5).apply(vector, (), np.random.default_rng(0))
    assert packet.indices.tolist() == [0, 1, 3, 4]
    nothing, _ = threshold(value=9.0).apply(vector[:3], (), np.random.default_rng(0))
    assert (nothing.bytes, encode(nothing)) == (4, bytes(4))
