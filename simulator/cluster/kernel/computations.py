"""Computations: a device serves one at a time, by priority, then arrival."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import cargo_of, devices_of, slots_of, spans_of
from simulator.cluster.kernel.events import cancel, schedule
from simulator.cluster.kernel.words import INFINITY, NONE, RUNNING, WAITING, ZERO, inner


@inner
def later(w, a, b):
    """Whether waiting computation *a* comes after *b*: by priority, arrival, then task."""
    one, other = cargo_of(w)[a], cargo_of(w)[b]
    if one.priority != other.priority:
        return one.priority > other.priority
    slots = slots_of(w)
    return one.sent > other.sent or (one.sent == other.sent and slots[a].task > slots[b].task)


@inner
def meld(w, a, b):
    """Merge two skew heaps of waiting computations; return the root."""
    slots = slots_of(w)
    if a == NONE or b == NONE:
        return max(a, b)
    if later(w, a, b):
        a, b = b, a
    root = a
    while True:
        right = np.int64(slots[a].right)
        slots[a].right = slots[a].left
        if right == NONE:
            slots[a].left = b
            return root
        if later(w, right, b):
            right, b = b, right
        slots[a].left = right
        a = right


@inner
def offer(w, d):
    """Let device *d*, if it is free, choose what to compute when the instant is over."""
    device = devices_of(w)[d]
    if device.running == NONE and device.waiting != NONE and device.chooses == 0:
        device.chooses = 1
        device.next = w.choosing
        w.choosing = d


@inner
def enqueue(w, s):
    """Let a computation wait for its device, until that chooses."""
    slot = slots_of(w)[s]
    cargo = cargo_of(w)[s]
    d = np.int64(cargo.place)
    device = devices_of(w)[d]
    cargo.sent = w.now
    slot.remaining = cargo.size
    slot.phase = WAITING
    slot.left = NONE
    slot.right = NONE
    device.waiting = meld(w, np.int64(device.waiting), s)
    offer(w, d)


@inner
def proceed(w, s, rate):
    """From now on slot *s* is worked on at *rate*."""
    slot = slots_of(w)[s]
    slot.since = w.now
    slot.rate = rate
    schedule(w, s, w.now + slot.remaining / rate if rate > 0.0 else INFINITY)


@inner
def choose(w):
    """Let devices that are free take the first of those that wait."""
    slots = slots_of(w)
    devices = devices_of(w)
    d = w.choosing
    while d != NONE:
        device = devices[d]
        device.chooses = 0
        s = np.int64(device.waiting)
        if s != NONE:  # what waited may be gone
            device.waiting = meld(w, np.int64(slots[s].left), np.int64(slots[s].right))
            device.running = s
            slots[s].phase = RUNNING
            cargo_of(w)[s].started = w.now
            proceed(w, s, device.rate)
        d = np.int64(device.next)
    w.choosing = NONE


@inner
def leave(w, s):
    """End the computation of slot *s*: its device is free."""
    cargo = cargo_of(w)[s]
    d = np.int64(cargo.place)
    device = devices_of(w)[d]
    device.busy += w.now - cargo.started
    note_span(w, s, d, ZERO, cargo.started)
    device.running = NONE
    offer(w, d)


@inner
def note_span(w, s, device, reduce, start):
    """Write the row of a span for the trace."""
    if w.trace_spans:
        cargo = cargo_of(w)[s]
        row = spans_of(w)[w.span_rows]
        row.task = slots_of(w)[s].task
        row.start = start
        row.end = w.now
        row.device = device
        row.tag = cargo.tag
        row.step = cargo.step
        row.reduce = reduce
        w.span_rows += 1


@inner
def change_rate(w, d, rate):
    """From now on device *d* works at *rate*; what it has begun goes on at the new one."""
    slots = slots_of(w)
    device = devices_of(w)[d]
    device.rate = rate
    s = np.int64(device.running)
    if s != NONE:
        cancel(w, s)
        done = slots[s].rate * (w.now - slots[s].since)
        slots[s].remaining = max(slots[s].remaining - done, 0.0)
        proceed(w, s, rate)
