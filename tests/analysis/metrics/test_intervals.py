"""Unions of stretches, and what comes together over time, against the obvious way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.metrics.intervals import Intervals, accrued, union

stretches = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 12)), min_size=1, max_size=25
)


def of(rows):
    owner, start, lasting = np.array(rows).T
    return Intervals.of(owner, start, start + lasting)


@given(stretches)
@settings(max_examples=60)
def test_a_union_covers_every_instant_once(rows):
    found = of(rows).merged()

    covered = {(o, t) for o, s, d in rows for t in range(s, s + d)}
    told = [(int(o), t) for o, s, e in zip(*found, strict=True) for t in range(s, e)]
    assert len(told) == len(set(told))
    assert set(told) == covered
    lengths = [sum(o == owner for o, _ in covered) for owner in range(4)]
    np.testing.assert_allclose(found.seconds(4), np.array(lengths) / 1e9)


@given(st.lists(stretches, max_size=4))
@settings(max_examples=30)
def test_piece_by_piece_is_the_same_as_all_at_once(pieces):
    together = union([of(rows) for rows in pieces])

    at_once = of([row for rows in pieces for row in rows] or [(0, 0, 0)]).merged()
    for one, other in zip(together, at_once, strict=True):
        np.testing.assert_array_equal(one, other)


@given(stretches, st.lists(st.integers(0, 70), min_size=1, max_size=6))
@settings(max_examples=60)
def test_what_came_together_grows_evenly_within_each_stretch(rows, instants):
    _, start, lasting = np.array(rows).T
    amount = np.arange(1.0, len(rows) + 1)
    at = np.sort(np.array(instants, float))

    found = accrued(start, start + lasting, amount, at)

    slow = [
        sum(a * (t >= s) if not d else a * np.clip((t - s) / d, 0, 1)
            for a, s, d in zip(amount, start, lasting, strict=True))
        for t in at
    ]  # fmt: skip
    np.testing.assert_allclose(found, slow, atol=1e-9)
