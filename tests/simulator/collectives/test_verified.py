"""Broken schedules are told apart from right ones, and the message says where."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import Ranks, Schedule, master_worker, ring, verify
from simulator.collectives import verified as module
from simulator.errors import ScheduleError


def schedule(ranks, chunks, *rows, inputs=False):
    """Rows are (step, source, target, first_chunk, count, reduce)."""
    return Schedule(ranks, chunks, *(zip(*rows, strict=True) if rows else [[]] * 6), inputs)


def without(whole, row):
    kept = np.arange(len(whole)) != row
    names = ('step', 'source', 'target', 'first_chunk', 'count', 'reduce')
    return replace(whole, **{name: getattr(whole, name)[kept] for name in names})


@given(st.integers(2, 9), st.data())
@settings(deadline=None, max_examples=60)
def test_a_ring_that_lacks_any_transfer_is_broken(m, data):
    whole = ring(Ranks(m))
    row = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ScheduleError):
        verify(without(whole, row))


@given(st.integers(2, 9), st.data())
@settings(deadline=None, max_examples=60)
def test_a_ring_with_a_reduction_turned_into_a_copy_or_back_is_broken(m, data):
    whole = ring(Ranks(m))
    row = data.draw(st.integers(0, len(whole) - 1))
    reduce = whole.reduce.copy()
    reduce[row] ^= True
    with pytest.raises(ScheduleError):
        verify(replace(whole, reduce=reduce))


def test_what_is_missing_is_named():
    gathered = schedule(3, 2, (0, 1, 0, 0, 2, True), (0, 2, 0, 0, 1, True))
    said = r'reduce: rank 0, chunk 1: ends with the parts of ranks 0, 1, not of ranks 0, 1, 2'
    with pytest.raises(ScheduleError, match=said):
        verify(gathered, 'reduce')


def test_a_double_reduction_is_named():
    twice = schedule(2, 3, (0, 1, 0, 0, 3, True), (1, 1, 0, 2, 1, True))
    said = 'row 1, step 1: rank 0 adds chunk 2 from rank 1 but holds the parts of rank 1 already'
    with pytest.raises(ScheduleError, match=said):
        verify(twice, 'reduce')


def test_a_double_reduction_within_one_step_is_caught():
    twice = schedule(2, 1, (0, 1, 0, 0, 1, True), (0, 1, 0, 0, 1, True))
    with pytest.raises(ScheduleError, match='row 1, step 0: rank 0 adds chunk 0 from rank 1'):
        verify(twice, 'reduce')


def test_two_arrivals_of_which_one_overwrites_are_refused():
    race = schedule(3, 1, (0, 1, 0, 0, 1, True), (0, 2, 0, 0, 1, False))
    with pytest.raises(ScheduleError, match='step 0 overwrites'):
        verify(race, 'reduce')


def test_sends_read_what_was_held_before_the_step():
    swap = schedule(2, 1, (0, 0, 1, 0, 1, True), (0, 1, 0, 0, 1, True))
    verify(swap)
    chain = schedule(3, 1, (0, 2, 1, 0, 1, True), (0, 1, 0, 0, 1, True))
    with pytest.raises(ScheduleError, match='ends with the parts of ranks 0, 1'):
        verify(chain, 'reduce')


def test_schedules_of_inputs_send_the_own_part_whatever_was_added():
    rows = [(0, 1, 0, 0, 1, True), (0, 0, 1, 0, 1, True), (0, 2, 1, 0, 1, True)]
    more = [(1, 1, 2, 0, 1, True), (1, 0, 2, 0, 1, True), (1, 2, 0, 0, 1, True)]
    verify(schedule(3, 1, *rows, *more, inputs=True))
    with pytest.raises(ScheduleError, match='already'):
        verify(schedule(3, 1, *rows, *more))


def test_each_postcondition_is_its_own():
    spread = schedule(2, 2, (0, 1, 0, 0, 2, False))
    verify(spread, 'broadcast', root=1)
    with pytest.raises(ScheduleError, match='broadcast: rank 0, chunk 0'):
        verify(spread, 'broadcast', root=0)
    scattered = schedule(2, 2, (0, 1, 0, 0, 1, True), (0, 0, 1, 1, 1, True))
    verify(scattered, 'reduce_scatter')
    with pytest.raises(ScheduleError, match='all_reduce: rank 0, chunk 1'):
        verify(scattered)
    gathered = schedule(2, 2, (0, 1, 0, 1, 1, False), (0, 0, 1, 0, 1, False))
    verify(gathered, 'all_gather')
    with pytest.raises(
        ScheduleError, match='all_gather: rank 0, chunk 0: ends with the parts of ranks 0, 1'
    ):
        verify(scattered, 'all_gather')


def test_chunks_that_belong_to_nobody_in_particular_are_refused():
    with pytest.raises(ScheduleError, match='2 chunks do not belong to 3 ranks'):
        verify(schedule(3, 2), 'reduce_scatter')


@pytest.mark.parametrize('m', [5, 66])
def test_blocks_of_chunks_change_nothing(m, monkeypatch):
    monkeypatch.setattr(module, '_BLOCK_WORDS', 14 * m)
    verify(ring(Ranks(m)))
    broken = without(ring(Ranks(m)), m * m)
    with pytest.raises(ScheduleError, match='ends with the parts of'):
        verify(broken)


def test_many_ranks_are_named_in_short():
    with pytest.raises(ScheduleError, match=r'9, 10, 11, \.\.\. \(99 in all\), not of'):
        verify(without(master_worker(Ranks(100)), 98))
