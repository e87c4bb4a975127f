"""Computations: a device serves one at a time, by priority, then arrival."""

from __future__ import annotations

from simulator.cluster.kernel.arrays import devices_of, slots_of, spans_of, tasks_of
from simulator.cluster.kernel.events import cancel, schedule
from simulator.cluster.kernel.tasks import meld
from simulator.cluster.kernel.words import INFINITY, NONE, RUNNING, WAITING, compiled


@compiled
def run(w, d, s):
    """Let device *d* work on slot *s*."""
    slots = slots_of(w)
    devices = devices_of(w)
    devices[d].running = s
    slots[s].phase = RUNNING
    slots[s].started = w.now
    slots[s].since = w.now
    slots[s].rate = devices[d].rate
    rate = slots[s].rate
    due = w.now + slots[s].remaining / rate if rate > 0.0 else INFINITY
    schedule(w, s, due)


@compiled
def enqueue(w, s):
    """A computation arrives at its device."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    devices = devices_of(w)
    task = tasks[slots[s].task & (len(tasks) - 1)]
    slots[s].sent = w.now
    slots[s].remaining = task.size
    d = task.place
    if devices[d].running == NONE:
        run(w, d, s)
        return
    slots[s].phase = WAITING
    slots[s].left = NONE
    slots[s].right = NONE
    devices[d].waiting = meld(w, devices[d].waiting, s)


@compiled
def next_computation(w, d):
    """Device *d* is free: it takes the first of those that wait."""
    slots = slots_of(w)
    devices = devices_of(w)
    devices[d].running = NONE
    s = devices[d].waiting
    if s != NONE:
        devices[d].waiting = meld(w, slots[s].left, slots[s].right)
        run(w, d, s)


@compiled
def note_span(w, s, device, reduce, start):
    """Write the row of a span for the trace."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    devices_task = tasks[slots[s].task & (len(tasks) - 1)]
    if w.trace_spans:
        row = spans_of(w)[w.span_rows]
        row.task = slots[s].task
        row.start = start
        row.end = w.now
        row.device = device
        row.tag = devices_task.tag
        row.step = devices_task.step
        row.reduce = reduce
        w.span_rows += 1


@compiled
def change_rate(w, d, rate):
    """From now on device *d* works at *rate*; what it has begun goes on at the new one."""
    slots = slots_of(w)
    devices = devices_of(w)
    devices[d].rate = rate
    s = devices[d].running
    if s == NONE:
        return
    cancel(w, s)
    slots[s].remaining = max(slots[s].remaining - slots[s].rate * (w.now - slots[s].since), 0.0)
    slots[s].since = w.now
    slots[s].rate = rate
    due = w.now + slots[s].remaining / rate if rate > 0.0 else INFINITY
    schedule(w, s, due)
