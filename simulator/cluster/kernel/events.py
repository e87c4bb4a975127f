"""Events: an indexed heap of buckets, one bucket for all slots due at the same time."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import buckets_of, heap_of, recent_of, slots_of, work_of
from simulator.cluster.kernel.words import INFINITY, LOW, NONE, compiled


@compiled
def settle(w, place, b):
    """Put bucket *b* at *place* or above, where its time belongs."""
    buckets = buckets_of(w)
    heap = heap_of(w)
    time = buckets[b].time
    while place > 0:
        parent = (place - 1) >> 1
        above = heap[parent]
        if buckets[above].time <= time:
            break
        heap[place] = above
        buckets[above].place = place
        place = parent
    heap[place] = b
    buckets[b].place = place


@compiled
def remove(w, b):
    """Take bucket *b* out of the heap and give it back."""
    buckets = buckets_of(w)
    heap = heap_of(w)
    w.heap -= 1
    size = w.heap
    place = buckets[b].place
    last = heap[size]
    if place < size:
        time = buckets[last].time
        while True:  # sink the hole to where the last bucket fits
            child = 2 * place + 1
            if child >= size:
                break
            if child + 1 < size and buckets[heap[child + 1]].time < buckets[heap[child]].time:
                child += 1
            if buckets[heap[child]].time >= time:
                break
            heap[place] = heap[child]
            buckets[heap[place]].place = place
            place = child
        settle(w, place, last)
    buckets[b].first = NONE
    buckets[b].last = w.free_bucket
    w.free_bucket = b


@compiled
def schedule(w, s, due):
    """Let slot *s* have its next event at *due*."""
    slots = slots_of(w)
    buckets = buckets_of(w)
    recent = recent_of(w)
    slots[s].due = due
    slots[s].bucket = NONE
    if due == INFINITY:
        return
    cell = int(due * 1e9) & (len(recent) - 1)
    b = recent[cell]
    if b == NONE or buckets[b].first == NONE or buckets[b].time != due:
        b = w.free_bucket
        w.free_bucket = buckets[b].last
        buckets[b].time = due
        buckets[b].first = NONE
        buckets[b].last = NONE
        settle(w, w.heap, b)
        w.heap += 1
        recent[cell] = b
    last = buckets[b].last
    slots[s].bucket = b
    slots[s].left = last
    slots[s].right = NONE
    if last == NONE:
        buckets[b].first = s
    else:
        slots[last].right = s
    buckets[b].last = s


@compiled
def cancel(w, s):
    slots = slots_of(w)
    buckets = buckets_of(w)
    b = slots[s].bucket
    if b == NONE:
        return
    left, right = slots[s].left, slots[s].right
    if left == NONE:
        buckets[b].first = right
    else:
        slots[left].right = right
    if right == NONE:
        buckets[b].last = left
    else:
        slots[right].left = left
    slots[s].bucket = NONE
    if buckets[b].first == NONE:
        remove(w, b)


@compiled
def collect(w):
    """Take all slots due now, in task order, into *work*; return how many."""
    slots = slots_of(w)
    buckets = buckets_of(w)
    heap = heap_of(w)
    work = work_of(w)
    count = 0
    ordered = True
    previous = np.int64(-1)
    while w.heap > 0 and buckets[heap[0]].time == w.now:
        b = heap[0]
        s = buckets[b].first
        while s != NONE:
            task = slots[s].task
            ordered = ordered and task > previous
            previous = task
            work[count] = s
            count += 1
            slots[s].bucket = NONE
            s = slots[s].right
        remove(w, b)
    if not ordered:
        for k in range(count):
            s = work[k]
            work[k] = ((slots[s].task - w.oldest_task) << 31) | s
        work[:count].sort()
        for k in range(count):
            work[k] &= LOW
    return count
