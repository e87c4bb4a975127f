"""What Python calls: advance the world, hand it tasks, open gates, change rates.

Every entry takes the arrays it needs in the order of ``fabric.Fabric``; see there for who holds
them. An entry that finds no room returns, changes nothing, and is called again with more.
"""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    buckets_of,
    devices_of,
    heap_of,
    hops_of,
    links_of,
    messages_of,
    path_of,
    ready_of,
    routes_of,
    slots_of,
    spans_of,
    tasks_of,
    work_of,
)
from simulator.cluster.kernel.computations import (
    change_rate,
    enqueue,
    next_computation,
    note_span,
)
from simulator.cluster.kernel.events import cancel, collect, schedule
from simulator.cluster.kernel.fair import part, refill, touch
from simulator.cluster.kernel.tasks import finish, retire, signal
from simulator.cluster.kernel.transfers import account, arrive, begin, drain, lose, lucky, serve
from simulator.cluster.kernel.words import (
    ARRIVING,
    DRAIN,
    DRAINING,
    DROPPED,
    FAIR,
    FIFO,
    FLYING,
    GROW,
    HOPPING,
    IDLE,
    INFINITY,
    NONE,
    REDUCING,
    RESENDING,
    RUNNING,
    TASK_DONE,
    TRANSFER,
    WOKEN,
    compiled,
)


@compiled
def _start_ready(w):
    """Start what is ready, in task order; False where there are too few slots for it."""
    tasks = tasks_of(w)
    ready = ready_of(w)
    slots = slots_of(w)
    count = w.ready
    if w.active + count > len(slots):
        return False
    for k in range(1, count):
        if ready[k] < ready[k - 1]:
            ready[:count].sort()
            break
    w.ready = 0
    for k in range(count):
        s = w.free_slot
        w.free_slot = slots[s].right
        w.active += 1
        task = tasks[ready[k] & (len(tasks) - 1)]
        slots[s].task = ready[k]
        slots[s].attempt = 0
        slots[s].stamp = 0
        slots[s].bucket = NONE
        if task.kind == TRANSFER:
            slots[s].route = task.place
            begin(w, s)
        else:
            enqueue(w, s)
    return True


@compiled
def _happen(w, s):
    """Let the event of slot *s* happen."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    routes = routes_of(w)
    devices = devices_of(w)
    phase = slots[s].phase
    if phase == FLYING:
        drain(w, s)
    elif phase == HOPPING:
        slots[s].hop += 1
        serve(w, s, w.now)
    elif phase == DRAINING or phase == ARRIVING:
        if phase == DRAINING:
            size = tasks[slots[s].task & (len(tasks) - 1)].size
            part(w, s, size)
        else:
            account(w, s)
        if lucky(w, s):
            arrive(w, s)
        else:
            lose(w, s)
    elif phase == RESENDING:
        begin(w, s)
    elif phase == DROPPED:
        lose(w, s)
    elif phase == REDUCING:
        target = routes[slots[s].route].target
        note_span(w, s, target, 1, slots[s].since)
        finish(w, s, TASK_DONE)
    elif phase == RUNNING:
        d = tasks[slots[s].task & (len(tasks) - 1)].place
        devices[d].busy += w.now - slots[s].started
        note_span(w, s, d, 0, slots[s].started)
        finish(w, s, TASK_DONE)
        next_computation(w, d)


@compiled
def _next(w):
    buckets = buckets_of(w)
    heap = heap_of(w)
    if w.ready > 0 or w.touched > 0:
        w.next = w.now
    else:
        w.next = buckets[heap[0]].time if w.heap > 0 else INFINITY


@compiled
def advance(world, until):
    """Run all events up to and including *until*, or to the first instant that wakes somebody.

    Returns IDLE (nothing more up to then), WOKEN (see `woken`), GROW (more slots are needed) or
    DRAIN (the trace rows must be taken away first).
    """
    w = world[0]
    buckets = buckets_of(w)
    heap = heap_of(w)
    messages = messages_of(w)
    spans = spans_of(w)
    work = work_of(w)
    while True:
        if w.ready > 0 and not _start_ready(w):
            return GROW
        if w.touched > 0:
            refill(w)
        time = buckets[heap[0]].time if w.heap > 0 else INFINITY
        if w.woken > 0 and time > w.now:
            _next(w)
            return WOKEN
        if time > until or time == INFINITY:
            _next(w)
            return IDLE
        if w.trace_messages and len(messages) - w.message_rows < w.active:
            return DRAIN
        if w.trace_spans and len(spans) - w.span_rows < w.active:
            return DRAIN
        w.now = time
        for k in range(collect(w)):
            _happen(w, work[k])
        retire(w)


@compiled
def submit(world, now, kind, place, size, tag, step, priority, flags):
    """Hand over one task that waits for nothing; return its id, or -1 if the ring is full.

    *flags* is a sum of 1 (watch), 2 (reliable), 4 (reduce).
    """
    w = world[0]
    tasks = tasks_of(w)
    ready = ready_of(w)
    if w.tasks - w.oldest_task >= len(tasks):
        return -1
    task = tasks[w.tasks & (len(tasks) - 1)]
    task.kind = kind
    task.place = place
    task.size = size
    task.tag = tag
    task.step = step
    task.priority = priority
    task.watch = flags & 1
    task.reliable = flags >> 1 & 1
    task.reduce = flags >> 2 & 1
    task.gate = NONE
    task.other_gate = NONE
    task.waits = 0
    ready[w.ready] = w.tasks
    w.ready += 1
    w.tasks += 1
    w.now = now
    w.next = now
    return w.tasks - 1


@compiled
def open_gate(world, now, gate):
    """Count *gate* down by one, from outside."""
    w = world[0]
    w.now = now
    signal(w, gate)
    retire(w)
    if w.ready > 0 or w.woken > 0:
        w.next = now


@compiled
def set_device_rate(world, now, device, rate):
    """Let *device* work at *rate* times its nominal speed from now on (0: it stands still)."""
    w = world[0]
    w.now = now
    change_rate(w, device, rate)
    _next(w)


@compiled
def set_bandwidth(world, now, link, bandwidth):
    """Change the rate of *link*: at once under fair, for services that start later under fifo."""
    w = world[0]
    slots = slots_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    work = work_of(w)
    w.now = now
    links[link].bandwidth = bandwidth
    if w.sharing == FAIR:
        if links[link].flows > 0:
            touch(w, link)
        _next(w)
        return
    count = 0
    for s in range(len(slots)):
        hopping = slots[s].phase == HOPPING or slots[s].phase == ARRIVING
        if hopping and w.sharing == FIFO and slots[s].start > now:
            route = routes[slots[s].route]
            if route.hops > 0 and path[route.first + slots[s].hop] == link:
                work[count] = s
                count += 1
    if count > 0:
        _serve_again(w, count, link)
    _next(w)


@compiled
def _serve_again(w, count, link):
    """Fifo: serve anew, in their order, the messages whose service has not begun."""
    slots = slots_of(w)
    links = links_of(w)
    work = work_of(w)
    order = np.empty(count, np.float64)
    for k in range(count):
        order[k] = slots[work[k]].start
    ranks = np.argsort(order, kind='mergesort')
    links[link].free = slots[work[ranks[0]]].before
    for k in range(count):
        s = work[ranks[k]]
        cancel(w, s)
        serve(w, s, slots[s].head)


@compiled
def drop(world, now, link):
    """Take *link* down: what is in flight on it is lost now, what comes later at its start."""
    w = world[0]
    slots = slots_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    w.now = now
    links[link].down = 1
    for s in range(len(slots)):
        phase = slots[s].phase
        if phase == NONE or phase > ARRIVING:
            continue
        route = routes[slots[s].route]
        for h in range(route.hops):
            if path[route.first + h] == link and _is_on(w, s, h, link):
                if phase == DRAINING:
                    carried = slots[s].rate * (now - slots[s].since)
                    remaining = max(slots[s].remaining - carried, 0.0)
                    part(w, s, slots[s].head - remaining)
                cancel(w, s)
                slots[s].phase = DROPPED
                schedule(w, s, now)
                break
    links[link].free = min(links[link].free, now)
    _next(w)


@compiled
def _is_on(w, s, h, link):
    """Whether message *s* is in flight on *link*, hop h: under fifo, from service to last byte."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    if w.sharing == FIFO:
        if h > slots[s].hop:
            return False
        return hops[s * w.stride + h].leave + links[link].latency > w.now
    return True
