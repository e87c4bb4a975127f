"""Stretches side by side: never two in a lane at once, never more lanes than needed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.export.lanes import lanes, steps

stretches = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=25)


def sorted_ends(pairs):
    start = np.array(sorted(pairs))[:, 0]
    return start, start + np.array(sorted(pairs))[:, 1]


@given(stretches)
@settings(max_examples=60)
def test_no_two_share_a_lane_and_none_is_wasted(pairs):
    start, end = sorted_ends(pairs)
    lane = lanes(start, end)
    for k in range(len(lane)):
        for j in range(k):
            if lane[j] == lane[k]:
                assert end[j] <= start[k]
    deepest = max(int(((start <= t) & (end > t)).sum()) for t in start)
    empty = bool((start == end).any())  # a stretch of no length needs a lane, too
    assert lane.max() + 1 <= deepest + empty


@given(stretches)
@settings(max_examples=60)
def test_sums_are_those_of_what_is_present(pairs):
    start, end = sorted_ends(pairs)
    height = np.arange(1.0, len(start) + 1)
    found = list(steps(start, end, height))
    assert found[-1] == (int(end.max()), 0.0)
    for time, total in found:
        assert total == height[(start <= time) & (end > time)].sum()
