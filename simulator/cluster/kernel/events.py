"""Events: an indexed heap of buckets, one bucket for all slots due at the same time."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    bits_of,
    buckets_of,
    heap_of,
    recent_of,
    slots_of,
    work_of,
)
from simulator.cluster.kernel.order import arrange_tasks
from simulator.cluster.kernel.words import INFINITY, NONE, ZERO, inner

MANY = 2048


@inner
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


@inner
def remove(w, b):
    """Take bucket *b* out of the heap and give it back."""
    buckets = buckets_of(w)
    heap = heap_of(w)
    w.heap -= 1
    size = w.heap
    place = np.int64(buckets[b].place)
    last = np.int64(heap[size])
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


@inner
def bucket_for(w, due):
    """Return the bucket of what is due at *due*: one made lately, or a new one."""
    buckets = buckets_of(w)
    recent = recent_of(w)
    bits = bits_of(due)
    cell = (bits ^ (bits >> 21) ^ (bits >> 42)) & (len(recent) - 1)
    b = np.int64(recent[cell])
    if b != NONE and buckets[b].first != NONE and buckets[b].time == due:
        return b
    b = w.free_bucket
    if b == NONE:
        b = w.fresh_bucket
        w.fresh_bucket += 1
    else:
        w.free_bucket = buckets[b].last
    buckets[b].time = due
    buckets[b].first = NONE
    buckets[b].last = NONE
    buckets[b].count = 0
    settle(w, w.heap, b)
    w.heap += 1
    recent[cell] = b
    return b


@inner
def schedule(w, s, due):
    """Let slot *s* have its next event at *due*."""
    slots = slots_of(w)
    slots[s].bucket = NONE
    if due == INFINITY:
        return
    b = bucket_for(w, due)
    bucket = buckets_of(w)[b]
    last = bucket.last
    slots[s].bucket = b
    slots[s].left = last
    slots[s].right = NONE
    if last == NONE:
        bucket.first = s
    else:
        slots[last].right = s
    bucket.last = s
    bucket.count += 1


@inner
def cancel(w, s):
    """Let the next event of slot *s*, if it has one, not happen."""
    slots = slots_of(w)
    b = np.int64(slots[s].bucket)
    if b == NONE:
        return
    bucket = buckets_of(w)[b]
    left, right = slots[s].left, slots[s].right
    if left == NONE:
        bucket.first = right
    else:
        slots[left].right = right
    if right == NONE:
        bucket.last = left
    else:
        slots[right].left = left
    slots[s].bucket = NONE
    bucket.count -= 1
    if bucket.count == 0:
        remove(w, b)


@inner
def gather(w, b, work, count):
    """Add the slots of bucket *b* to *work*; return how many there are then."""
    slots = slots_of(w)
    bucket = buckets_of(w)[b]
    if bucket.count > MANY and 4 * bucket.count > w.fresh_slot:
        # their list may jump to and fro in memory: better go through all slots
        for s in range(w.fresh_slot):
            if slots[s].bucket == b:
                work[count].key = slots[s].task
                work[count].what = s
                count += 1
                slots[s].bucket = NONE
        return count
    s = np.int64(bucket.first)
    while s != NONE:
        work[count].key = slots[s].task
        work[count].what = s
        count += 1
        slots[s].bucket = NONE
        s = np.int64(slots[s].right)
    return count


@inner
def collect(w):
    """Take all slots due now, in task order, into *work*; return how many."""
    buckets = buckets_of(w)
    heap = heap_of(w)
    work = work_of(w)
    count = ZERO
    while w.heap > 0 and buckets[heap[0]].time == w.now:
        b = np.int64(heap[0])
        count = gather(w, b, work, count)
        remove(w, b)
    arrange_tasks(w, work, count)
    return count


@inner
def first_event(w):
    """Return the time of the first event, infinite if there is none."""
    return buckets_of(w)[heap_of(w)[0]].time if w.heap > 0 else INFINITY


@inner
def look_ahead(w):
    """Keep the time of what happens next where Python sees it."""
    if w.ready > 0 or w.touched > 0 or w.woken > 0 or w.choosing != NONE:
        w.next = w.now
    else:
        w.next = first_event(w)


@inner
def is_early(w, now):
    """Whether something is still to happen before *now*."""
    return now < w.now or w.next < now
