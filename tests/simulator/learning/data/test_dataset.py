import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.learning.data.dataset import Samples, classification, fingerprint, held_out


@given(st.lists(st.integers(0, 4), max_size=60))
def test_a_fifth_of_each_class_is_held_out(labels):
    labels = np.array(labels, int)
    out = held_out(labels)
    for label in range(5):
        assert out[labels == label].sum() == (labels == label).sum() // 5


def test_every_sample_is_on_one_side():
    inputs = np.arange(60.0).reshape(30, 2)
    data = classification('some', inputs, np.arange(30) % 3)
    both = np.concatenate([data.train.inputs, data.test.inputs])
    assert sorted(both[:, 0]) == inputs[:, 0].tolist()
    assert (data.train.inputs[:, 0] // 2 % 3 == data.train.targets).all()


def test_the_fingerprint_sees_values_shapes_and_types():
    zeros = np.zeros(4)
    prints = {
        fingerprint(Samples(inputs, zeros))
        for inputs in (zeros, zeros.reshape(2, 2), zeros.astype('f4'), zeros + 1)
    }
    assert len(prints) == 4
