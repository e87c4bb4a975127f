import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import DataError
from simulator.learning.data.dataset import Samples, dataset, fingerprint, held_out, standardized

INPUTS = np.arange(60.0).reshape(30, 2)
LABELS = np.arange(30) % 3


@given(st.lists(st.integers(0, 4), max_size=60))
def test_a_fifth_of_each_class_is_held_out(labels):
    labels = np.array(labels, int)
    out = held_out(labels)
    for label in range(5):
        assert out[labels == label].sum() == (labels == label).sum() // 5


def test_every_sample_is_on_one_side():
    data = dataset('some', INPUTS, LABELS)
    both = np.concatenate([data.train.inputs, data.test.inputs])
    assert sorted(both[:, 0]) == INPUTS[:, 0].tolist()
    assert (data.train.inputs[:, 0] // 2 % 3 == data.train.targets).all()


def test_the_fingerprint_sees_values_shapes_and_types():
    zeros = np.zeros(4)
    prints = {
        fingerprint(Samples(inputs, zeros))
        for inputs in (zeros, zeros.reshape(2, 2), zeros.astype('f4'), zeros + 1)
    }
    assert len(prints) == 4


def test_what_does_not_vary_is_left_at_0():
    data = standardized(dataset('some', np.column_stack([INPUTS, np.full(30, 7)]), LABELS))
    assert (data.train.inputs[:, 2] == 0).all()
    assert data.train.inputs[:, :2].std(axis=0) == pytest.approx(1)


@pytest.mark.parametrize(
    ('inputs', 'targets', 'message'),
    [
        (INPUTS, LABELS[:-1], '30 inputs do not go with 29 targets'),
        (np.where(INPUTS == 6, np.nan, INPUTS), LABELS, 'inputs of sample 3 are nan or infinite'),
        (INPUTS, LABELS * 0, 'nothing to tell apart'),
        (INPUTS, LABELS + 1, r'numbered 0, 1, ...; these are \[1 2 3\]'),
        (INPUTS, LABELS * 2, r'these are \[0 2 4\]'),
        (INPUTS.astype(str), LABELS, 'not numbers'),
        (INPUTS[:0], LABELS[:0], 'no inputs'),
        (INPUTS[:3], LABELS[:3], 'leave none to test on'),
    ],
)
def test_what_is_no_data_set_is_refused(inputs, targets, message):
    with pytest.raises(DataError, match=message):
        dataset('some', inputs, targets)


@pytest.mark.parametrize(
    ('inputs', 'targets', 'message'),
    [
        (INPUTS[:, :1], LABELS, r'inputs of shape \(2,\) to train on, \(1,\) to test'),
        (INPUTS, LABELS + 2, r'classes \[3 4\] are tested but never trained'),
        (np.full((30, 2), np.inf), LABELS, r'some \(test\): inputs of sample'),
    ],
)
def test_tests_must_be_like_the_training(inputs, targets, message):
    with pytest.raises(DataError, match=message):
        dataset('some', INPUTS, LABELS, Samples(inputs, targets))
