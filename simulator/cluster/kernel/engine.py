"""What Python calls: advance the world, hand it tasks, open gates, change rates.

An entry that can't do what it is asked changes nothing and returns a negative number: `FULL` where
the store must make room, `EARLY` where events before that time have not happened yet, `WRONG`
where there is no such gate or size.
"""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    cargo_of,
    gates_of,
    leaves_of,
    links_of,
    messages_of,
    path_of,
    queued_of,
    ready_of,
    routes_of,
    slots_of,
    spans_of,
    woken_of,
    work_of,
)
from simulator.cluster.kernel.computations import change_rate, choose, enqueue, leave, note_span
from simulator.cluster.kernel.events import (
    cancel,
    collect,
    first_event,
    is_early,
    look_ahead,
    schedule,
)
from simulator.cluster.kernel.fair import carried, drain, part, refill, touch
from simulator.cluster.kernel.fifo import serve, serve_again
from simulator.cluster.kernel.order import arrange
from simulator.cluster.kernel.tasks import (
    finish,
    load,
    make_ready,
    retire,
    signal,
    take_ready,
    take_slot,
)
from simulator.cluster.kernel.transfers import account, arrive, begin, lose
from simulator.cluster.kernel.words import (
    ARRIVING,
    DRAIN,
    DRAINING,
    DROPPED,
    EARLY,
    FIFO,
    FLYING,
    FULL,
    GROW,
    HOPPING,
    IDLE,
    INFINITY,
    NONE,
    ONE,
    REDUCING,
    RESENDING,
    RUNNING,
    TASK_DONE,
    TRANSFER,
    WRONG,
    entry,
    inner,
)


@inner
def start_ready(w):
    """Start what is ready, in task order; False where there are too few slots for it."""
    ready = ready_of(w)
    cargo = cargo_of(w)
    if w.active + w.ready + w.spilled > len(slots_of(w)):
        return False
    for k in range(take_ready(w)):
        place = ready[k].what
        s = load(w, place) if place >= 0 else ~place
        if cargo[s].kind == TRANSFER:
            begin(w, s)
        else:
            enqueue(w, s)
    return True


@inner
def happen(w, s):
    """Let the event of slot *s* happen."""
    slot = slots_of(w)[s]
    phase = slot.phase
    if phase == FLYING:
        drain(w, s)
    elif phase == DRAINING:
        part(w, s, cargo_of(w)[s].size)
        arrive(w, s)
    elif phase == HOPPING:
        queued_of(w)[s].hop += 1
        serve(w, s, w.now)
    elif phase == ARRIVING:
        account(w, s)
        arrive(w, s)
    elif phase == RESENDING:
        begin(w, s)
    elif phase == DROPPED:
        lose(w, s)
    elif phase == REDUCING:
        target = np.int64(routes_of(w)[cargo_of(w)[s].place].target)
        note_span(w, s, target, ONE, slot.since)
        finish(w, s, TASK_DONE)
    elif phase == RUNNING:
        leave(w, s)
        finish(w, s, TASK_DONE)


@inner
def traces_are_full(w):
    """Whether the rows that one instant may bring would not fit."""
    if w.trace_messages and len(messages_of(w)) - w.message_rows < w.active:
        return True
    return w.trace_spans != 0 and len(spans_of(w)) - w.span_rows < w.active


@entry
def advance(world, until):
    """Run all events up to and including *until*, or to the first instant that wakes somebody.

    Returns how many woke (see `woken`), IDLE (nobody up to then), GROW (more slots are needed) or
    DRAIN (the trace rows must be taken away first).
    """
    w = world[0]
    work = work_of(w)
    while True:
        if w.ready > 0 and not start_ready(w):
            return GROW
        time = first_event(w)
        if time > w.now:  # the instant is over: what its events lead to is now decided
            if w.choosing != NONE:
                choose(w)
                continue
            if w.touched > 0:
                refill(w)
                continue
            if w.woken > 0:
                count = w.woken
                arrange(w, woken_of(w), count)
                w.woken = 0
                w.watched -= count
                w.next = time
                return count
            if time > until or time == INFINITY:
                w.next = time
                return IDLE
        if traces_are_full(w):
            return DRAIN
        w.now = time
        for k in range(collect(w)):
            happen(w, work[k].what)
        retire(w)


@entry
def submit(world, now, kind, place, size, tag, step, priority, flags):
    """Hand over one task that waits for nothing; return its number.

    *flags* is a sum of 1 (watch), 2 (reliable), 4 (reduce).
    """
    w = world[0]
    if is_early(w, now):
        return EARLY
    if not 0.0 <= size < INFINITY:
        return WRONG
    watch = flags & 1
    full = w.active >= len(slots_of(w)) or w.ready >= len(ready_of(w))
    if full or w.watched + watch > len(woken_of(w)):
        return FULL
    s = take_slot(w, w.tasks)
    cargo = cargo_of(w)[s]
    cargo.size = size
    cargo.gate = NONE
    cargo.other_gate = NONE
    cargo.place = place
    cargo.tag = tag
    cargo.step = step
    cargo.priority = priority
    cargo.kind = kind
    cargo.reduce = flags >> 2 & 1
    cargo.watch = watch
    cargo.reliable = flags >> 1 & 1
    cargo.attempt = 0
    make_ready(w, w.tasks, ~s)
    w.tasks += 1
    w.watched += watch
    w.now = now
    w.next = now
    return w.tasks - 1


@entry
def open_gate(world, now, gate):
    """Count *gate* down by one, from outside."""
    w = world[0]
    gates = gates_of(w)
    if is_early(w, now):
        return EARLY
    if not w.oldest_gate <= gate < w.gates or gates[gate & (len(gates) - 1)].waits <= 0:
        return WRONG
    w.now = now
    signal(w, gate)
    retire(w)
    if w.ready > 0 or w.woken > 0:
        w.next = now
    return 0


@entry
def set_device_rate(world, now, device, rate):
    """Let *device* work at *rate* times its nominal speed from now on (0: it stands still)."""
    w = world[0]
    if is_early(w, now):
        return EARLY
    w.now = now
    change_rate(w, device, rate)
    look_ahead(w)
    return 0


@entry
def set_bandwidth(world, now, link, bandwidth):
    """Change the rate of *link*: at once under fair, for services that start later under fifo."""
    w = world[0]
    links = links_of(w)
    if is_early(w, now):
        return EARLY
    w.now = now
    links[link].bandwidth = bandwidth
    if w.sharing == FIFO:
        serve_again(w, link)
    elif links[link].flows > 0:
        touch(w, link)
    look_ahead(w)
    return 0


@entry
def fail(world, now, link):
    """Take *link* down: what is in flight on it is lost now, what comes later at its start."""
    w = world[0]
    record = links_of(w)[link]
    if is_early(w, now):
        return EARLY
    if record.down == 0:
        w.now = now
        w.failed += 1
        record.down = 1
        drop(w, link)
        record.free = min(record.free, now)
        look_ahead(w)
    return 0


@inner
def drop(w, link):
    """Lose what is in flight on *link*."""
    slots = slots_of(w)
    path = path_of(w)
    for s in range(w.fresh_slot):
        slot = slots[s]
        if slot.phase == NONE or slot.phase > ARRIVING:
            continue
        for h in range(slot.hops):
            if path[slot.path + h] == link and is_on(w, s, h, link):
                if slot.phase == DRAINING:
                    part(w, s, carried(w, s))
                cancel(w, s)
                slot.phase = DROPPED
                schedule(w, s, w.now)
                break


@inner
def is_on(w, s, h, link):
    """Whether *s* is in flight on *link*, hop h: under fifo, from its arrival to its last byte."""
    if w.sharing != FIFO:
        return True
    if h > queued_of(w)[s].hop:
        return False
    return leaves_of(w)[(s << w.hop_bits) + h] + links_of(w)[link].latency > w.now
