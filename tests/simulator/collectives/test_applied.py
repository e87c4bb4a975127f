"""Schedules on real vectors: the sum everywhere, other reductions, and lies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import COLLECTIVES, POSTCONDITIONS, Ranks, apply, master_worker, ring
from simulator.errors import ScheduleError

ALL_REDUCES = sorted(set(COLLECTIVES) - set(POSTCONDITIONS))


@given(st.sampled_from(ALL_REDUCES), st.integers(1, 13), st.integers(1, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=80)
def test_every_rank_ends_with_the_sum(name, m, d, seed):
    values = np.random.default_rng(seed).normal(size=(m, d)).astype(np.float32)
    before = values.copy()
    result = apply(COLLECTIVES[name](Ranks(m)), values)
    np.testing.assert_allclose(result, np.tile(values.sum(axis=0), (m, 1)), rtol=1e-4, atol=1e-5)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize('name', ALL_REDUCES)
def test_any_commutative_reduction_will_do(name):
    values = np.random.default_rng(1).integers(0, 1000, (11, 7))
    result = apply(COLLECTIVES[name](Ranks(11)), values, np.maximum)
    np.testing.assert_array_equal(result, np.tile(values.max(axis=0), (11, 1)))


def test_a_lie_of_the_master_is_believed_by_all_but_itself():
    def double(rank, step, target, values):
        return values * 2

    result = apply(master_worker(Ranks(4)), np.ones((4, 3)), corrupt=double, liars=[0])
    assert result.tolist() == [[4.0] * 3] + [[8.0] * 3] * 3


def test_a_lie_may_differ_by_receiver():
    def named(rank, step, target, values):
        return np.full_like(values, target)

    result = apply(master_worker(Ranks(3)), np.ones((3, 2)), corrupt=named, liars=[0])
    assert result.tolist() == [[3.0, 3.0], [1.0, 1.0], [2.0, 2.0]]


def test_the_hook_sees_each_transfer_of_a_liar_once_with_the_true_values():
    calls = []

    def listen(rank, step, target, values):
        calls.append((rank, step, target, values.tolist()))
        return values

    values = np.arange(15.0).reshape(3, 5)
    result = apply(ring(Ranks(3)), values, corrupt=listen, liars={1})
    # chunks of 5 elements over 3 ranks: 0-1, 2-3, 4
    assert calls == [
        (1, 0, 2, [5.0, 6.0]),
        (1, 1, 2, [4.0 + 9.0]),
        (1, 2, 2, [7.0 + 2.0 + 12.0, 8.0 + 3.0 + 13.0]),
        (1, 3, 2, [0.0 + 5.0 + 10.0, 1.0 + 6.0 + 11.0]),
    ]
    np.testing.assert_array_equal(result, np.tile(values.sum(axis=0), (3, 1)))


def test_how_far_a_lie_in_a_ring_reaches_depends_on_when_it_is_told():
    def spoil(rank, step, target, values):
        return values + 100 * (step == 3)

    result = apply(ring(Ranks(3)), np.zeros((3, 3)), corrupt=spoil, liars=[0])
    assert np.argwhere(result).tolist() == [[1, 2]]  # the last step: one chunk at one rank


@pytest.mark.parametrize('shape', [(3,), (2, 5), (4, 5)])
def test_values_must_have_a_row_for_each_rank(shape):
    with pytest.raises(ScheduleError, match=r'values must be \(3, d\)'):
        apply(ring(Ranks(3)), np.zeros(shape))


def test_a_lie_of_another_size_is_refused():
    with pytest.raises(ScheduleError, match='what rank 0 sends'):
        apply(ring(Ranks(3)), np.zeros((3, 3)), corrupt=lambda *_: np.zeros(7))


def test_fewer_elements_than_chunks():
    values = np.arange(5.0)[:, None]
    assert apply(ring(Ranks(5)), values).tolist() == [[10.0]] * 5
