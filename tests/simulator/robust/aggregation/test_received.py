"""What becomes of vectors that are missing, broken, or outsize."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.robust.aggregation.received import OUTSIZE, cleaned, stacked


def test_a_sound_array_is_passed_on_without_a_copy():
    vectors = np.ones((3, 4), np.float32)
    assert cleaned(vectors) is vectors


@pytest.mark.parametrize('wrong', [np.nan, np.inf, -np.inf, 3e38])
def test_a_row_with_one_wrong_entry_counts_as_zeros_and_the_input_is_left_alone(wrong):
    vectors = np.ones((3, 4), np.float32)
    vectors[1, 2] = wrong
    before = vectors.copy()
    assert cleaned(vectors).tolist() == [[1] * 4, [0] * 4, [1] * 4]
    assert np.array_equal(vectors, before, equal_nan=True)


def test_what_is_outsize_depends_on_the_dtype():
    assert cleaned(np.full((1, 1), 1e18, np.float64)).item() == 1e18
    assert cleaned(np.full((1, 1), 1e18, np.float32)).item() == 0
    assert OUTSIZE * np.finfo(np.float32).max == pytest.approx(1.8e17**2, rel=0.1)


def test_from_a_list_comes_an_array_of_what_most_have():
    sent = [np.ones(2, np.float32), None, np.ones(3), np.full(2, 2, np.int64), [3.0, 3.0], 'x', 1.0]
    vectors = cleaned([*sent, np.ones(2, np.float32)])
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[1, 1], [0, 0], [0, 0], [2, 2], [3, 3], [0, 0], [0, 0], [1, 1]]


def test_whole_numbers_become_floats():
    assert cleaned(np.ones((2, 2), np.int32)).dtype == np.float64
    assert cleaned(np.ones((2, 2), np.float16)).dtype == np.float32


def test_values_can_be_left_as_they_are():
    vectors = np.array([[np.nan, 1.0]])
    assert stacked(vectors) is vectors


@pytest.mark.parametrize('nothing', [[], [None, 'x'], np.empty((0, 3)), np.empty((3, 0))])
def test_no_vector_at_all_is_refused(nothing):
    with pytest.raises(ScenarioError, match='no vector'):
        cleaned(nothing)
