import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.learning.batches import Batches


def stream(shard, size, seed=0):
    return Batches(np.array(shard), size, np.random.default_rng(seed))


@given(held=st.integers(1, 30), size=st.integers(1, 30), passes=st.integers(1, 4))
def test_a_pass_uses_each_sample_once(held, size, passes):
    if size > held:
        return
    shard = np.arange(held) * 7
    drawn = stream(shard, size).take(-(-held * passes // size)).ravel()
    for start in range(0, held * passes, held):
        assert (np.sort(drawn[start : start + held]) == shard).all()


def test_each_pass_has_an_order_of_its_own():
    passes = stream(range(20), 20).take(3)
    assert not (passes[0] == passes[1]).all()
    assert not (passes[1] == passes[2]).all()


def test_a_small_shard_is_drawn_from_with_replacement():
    batches = stream([4, 8, 15], 32)
    drawn = batches.take(200)
    assert drawn.shape == (200, 32)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [4, 8, 15]
    assert (np.abs(counts / drawn.size - 1 / 3) < 0.02).all()


def test_the_whole_shard_needs_no_draws():
    batches = stream([4, 8, 15], None)
    assert batches.size == 3
    assert batches.take(2).tolist() == [[4, 8, 15]] * 2


@pytest.mark.parametrize('size', [3, 10, 16, None])
def test_one_by_one_or_many_at_once_is_the_same(size):
    one, many = stream(range(10), size), stream(range(10), size)
    assert (np.stack([next(one) for _ in range(7)]) == many.take(7)).all()
    assert (next(one) == next(many)).all()


def test_what_is_handed_out_stays_as_it_was():
    batches = stream(range(10), 4)
    first = next(batches)
    kept = first.copy()
    for _ in range(20):
        next(batches)
    assert (first == kept).all()
