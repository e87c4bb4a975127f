"""Sorting pairs by key: what is due or ready is in order already, or made of a few runs."""

from __future__ import annotations

from simulator.cluster.kernel.arrays import spare_of
from simulator.cluster.kernel.words import NONE, ZERO, inner


@inner
def run_end(pairs, start, count):
    """Return the end of the ascending run that begins at *start*."""
    end = min(start + 1, count)
    while end < count and pairs[end].key >= pairs[end - 1].key:
        end += 1
    return end


@inner
def merge(pairs, spare, start, middle, end):
    """Merge two runs of *pairs* into *spare*."""
    left, right = start, middle
    for k in range(start, end):
        if left < middle and (right >= end or pairs[left].key <= pairs[right].key):
            spare[k].key = pairs[left].key
            spare[k].what = pairs[left].what
            left += 1
        else:
            spare[k].key = pairs[right].key
            spare[k].what = pairs[right].what
            right += 1


@inner
def arrange(w, pairs, count):
    """Sort the first *count* of *pairs* by key: a natural merge sort, stable."""
    spare = spare_of(w)
    while run_end(pairs, ZERO, count) < count:
        start = ZERO
        while start < count:
            middle = run_end(pairs, start, count)
            end = run_end(pairs, middle, count)
            merge(pairs, spare, start, middle, end)
            start = end
        for k in range(count):
            pairs[k].key = spare[k].key
            pairs[k].what = spare[k].what


@inner
def arrange_tasks(w, pairs, count):
    """Sort the first *count* of *pairs* by keys of which no two are equal.

    Many tasks of one launch have nearly all numbers of a range: each finds its place at once.
    """
    if run_end(pairs, ZERO, count) == count:
        return
    low = high = pairs[0].key
    for k in range(1, count):
        low = min(low, pairs[k].key)
        high = max(high, pairs[k].key)
    spare = spare_of(w)
    span = high - low + 1
    if span > min(2 * count, len(spare)):
        arrange(w, pairs, count)
        return
    for k in range(span):
        spare[k].key = NONE
    for k in range(count):
        spare[pairs[k].key - low].key = pairs[k].key
        spare[pairs[k].key - low].what = pairs[k].what
    place = ZERO
    for k in range(span):
        if spare[k].key != NONE:
            pairs[place].key = spare[k].key
            pairs[place].what = spare[k].what
            place += 1
