"""Columns: what they refuse, how they are cut, and that streaming gives the same rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import COLLECTIVES, Ranks, Schedule, chunk_sizes, ring, stream
from simulator.errors import ScheduleError

COLUMNS = ('source', 'target', 'first_chunk', 'count', 'reduce')


def columns(**changed):
    usual = {
        'ranks': 3,
        'chunks': 4,
        'step': [0, 1],
        'source': [0, 1],
        'target': [1, 2],
        'first_chunk': [0, 2],
        'count': [4, 2],
        'reduce': [True, False],
    }
    return usual | changed


def test_columns_become_small_integers():
    schedule = Schedule(**columns())
    assert {getattr(schedule, c).dtype for c in COLUMNS[:-1]} == {np.dtype(np.int32)}
    assert schedule.reduce.dtype == np.bool_
    assert (len(schedule), schedule.steps) == (2, 2)


@pytest.mark.parametrize(
    ('changed', 'said'),
    [
        ({'step': [1, 0]}, 'row 1: steps must ascend'),
        ({'step': [-1, 0]}, 'row 0: steps must ascend'),
        ({'source': [0, 3]}, r'row 1: source must be in 0\.\.2'),
        ({'target': [-1, 2]}, r'row 0: target must be in 0\.\.2'),
        ({'target': [1, 1]}, 'row 1: source and target must differ'),
        ({'count': [0, 1]}, 'row 0: count must be >= 1'),
        ({'count': [4, 3]}, r'row 1: its chunks must lie in 0\.\.3'),
        ({'first_chunk': [-1, 2]}, r'row 0: its chunks must lie in 0\.\.3'),
        ({'source': [0]}, 'of one length'),
        ({'ranks': 0}, r'ranks\(=0\)'),
    ],
)
def test_columns_that_describe_no_transfers_are_refused(changed, said):
    with pytest.raises(ScheduleError, match=said):
        Schedule(**columns(**changed))


def test_bounds_know_steps_without_transfers():
    schedule = Schedule(**columns(step=[1, 3]))
    assert schedule.bounds().tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize('name', sorted(COLLECTIVES))
@pytest.mark.parametrize('count', [1, 2, 7, 12])
def test_a_stream_holds_the_rows_of_the_schedule(name, count):
    whole = COLLECTIVES[name](Ranks(count))
    steps = stream(COLLECTIVES[name])(Ranks(count))
    assert (steps.ranks, steps.chunks, steps.rows) == (count, whole.chunks, len(whole))
    rows = {column: [] for column in COLUMNS}
    for transfers in steps.transfers:
        for column in COLUMNS:
            rows[column].append(np.broadcast_to(getattr(transfers, column), len(transfers.source)))
    for column in COLUMNS:
        np.testing.assert_array_equal(np.concatenate([[], *rows[column]]), getattr(whole, column))


def test_a_schedule_too_large_is_refused_before_it_is_built():
    with pytest.raises(ScheduleError, match='19999800000 transfers over 100000 ranks'):
        ring(Ranks(100_000))


@given(st.integers(0, 10_000), st.integers(1, 100))
@settings(deadline=None, max_examples=50)
def test_whole_chunks_are_those_of_array_split(total, chunks):
    sizes = chunk_sizes(total, chunks, whole=True)
    assert sizes.tolist() == [len(part) for part in np.array_split(np.empty(total), chunks)]


@given(st.floats(0, 1e12), st.integers(1, 1000))
@settings(deadline=None, max_examples=50)
def test_real_chunks_are_equal(total, chunks):
    sizes = chunk_sizes(total, chunks)
    assert set(sizes) == {total / chunks}


@pytest.mark.parametrize(('total', 'whole'), [(-1, False), (2.5, True)])
def test_no_chunks_of_what_is_no_size(total, whole):
    with pytest.raises(ScheduleError, match='total'):
        chunk_sizes(total, 2, whole=whole)
