"""Bytes by rank, pair and link."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import COLLECTIVES, Ranks, Schedule, link_traffic, pair_traffic, traffic
from simulator.collectives import counted as module
from simulator.errors import ScheduleError


@given(st.sampled_from(sorted(COLLECTIVES)), st.integers(1, 20), st.data())
@settings(deadline=None, max_examples=60)
def test_counts_agree_with_the_slow_way(name, m, data):
    schedule = COLLECTIVES[name](Ranks(m))
    size = st.floats(0, 1e6)
    sizes = np.array(data.draw(st.lists(size, min_size=schedule.chunks, max_size=schedule.chunks)))
    pairs = np.zeros((m, m))
    for row in range(len(schedule)):
        first, count = schedule.first_chunk[row], schedule.count[row]
        pairs[schedule.source[row], schedule.target[row]] += sizes[first : first + count].sum()
    counted, by_pair = traffic(schedule, sizes), pair_traffic(schedule, sizes)
    np.testing.assert_allclose(counted.sent, pairs.sum(axis=1), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(counted.received, pairs.sum(axis=0), rtol=1e-9, atol=1e-6)
    dense = np.zeros((m, m))
    dense[by_pair.source, by_pair.target] = by_pair.bytes
    np.testing.assert_allclose(dense, pairs, rtol=1e-9, atol=1e-6)


def test_blocks_of_rows_change_nothing(monkeypatch):
    schedule = COLLECTIVES['ring'](Ranks(6))
    whole = pair_traffic(schedule, 3.0)
    monkeypatch.setattr(module, '_BLOCK_ROWS', 7)
    assert pair_traffic(schedule, 3.0).bytes.tolist() == whole.bytes.tolist()
    assert traffic(schedule, 3.0).total == 6 * 10 * 3.0


def test_links_carry_what_is_routed_over_them():
    schedule = Schedule(3, 1, [0, 0], [0, 2], [2, 0], [0, 0], [1, 1], [True, True])
    along = {(0, 2): ['a', 'b'], (2, 0): ['b']}
    carried = link_traffic(schedule, 8.0, lambda source, target: along[source, target])
    assert carried == {'a': 8.0, 'b': 16.0}


def test_negative_sizes_are_refused():
    with pytest.raises(ScheduleError, match='sizes must be >= 0'):
        traffic(COLLECTIVES['ring'](Ranks(2)), [1.0, -1.0])
