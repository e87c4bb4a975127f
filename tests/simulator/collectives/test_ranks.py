"""Who takes part."""

import pytest

from simulator.collectives import Ranks, ring
from simulator.errors import ScheduleError


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'count': 0}, r'count\(=0\)'),
        ({'count': 3, 'groups': (0, 1)}, 'one for each of 3 ranks'),
        ({'count': 3, 'order': (0, 1, 1)}, r'each of 0\.\.2 once'),
    ],
)
def test_what_does_not_fit_is_refused(given, said):
    with pytest.raises(ScheduleError, match=said):
        Ranks(**given)


def test_a_ring_by_topology_needs_a_topology():
    with pytest.raises(ScheduleError, match='needs a topology'):
        ring(Ranks(3), order='by_topology')


def test_a_ring_by_topology_follows_its_order():
    schedule = ring(Ranks(4, order=(2, 0, 3, 1)), order='by_topology')
    pairs = set(zip(schedule.source.tolist(), schedule.target.tolist(), strict=True))
    assert pairs == {(2, 0), (0, 3), (3, 1), (1, 2)}
