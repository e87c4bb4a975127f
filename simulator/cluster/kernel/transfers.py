"""The life of a transfer: it starts, crosses its links in one of three ways, arrives or is lost."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    devices_of,
    hops_of,
    links_of,
    messages_of,
    path_of,
    quantiles_of,
    routes_of,
    slots_of,
    tasks_of,
)
from simulator.cluster.kernel.events import schedule
from simulator.cluster.kernel.fair import join
from simulator.cluster.kernel.tasks import chance, finish
from simulator.cluster.kernel.words import (
    ARRIVING,
    DRAINING,
    DROPPED,
    FAIR,
    FIFO,
    FLYING,
    HOPPING,
    INFINITY,
    REDUCING,
    RESENDING,
    TASK_DONE,
    TASK_LOST,
    compiled,
)


@compiled
def jitter(w, s):
    """Return the extra latency of this attempt: a quantile of the law, drawn by hash."""
    slots = slots_of(w)
    quantiles = quantiles_of(w)
    if not w.jitter:
        return 0.0
    draw = chance(w, slots[s].task, slots[s].attempt, 1)
    return quantiles[np.int64(draw * len(quantiles))]


@compiled
def serve(w, s, arrived):
    """Fifo: give the head of *s*, *arrived* at its present hop, the link's next free time."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    slot = slots[s]
    route = routes[slot.route]
    h = slot.hop
    link = links[path[route.first + h]]
    if link.down:
        slot.phase = DROPPED
        schedule(w, s, w.now)
        return
    slot.head = arrived
    slot.before = link.free
    slot.start = max(arrived, link.free)
    leave = slot.start + slot.remaining / link.bandwidth
    if h > 0:  # the tail can't leave before it has come
        before = s * w.stride + h - 1
        leave = max(leave, hops[before].leave + links[path[route.first + h - 1]].latency)
    hops[s * w.stride + h].leave = leave
    link.free = leave
    if h == 0:
        slot.started = slot.start
    if h + 1 < route.hops:
        slot.phase = HOPPING
        schedule(w, s, slot.start + link.latency)
    else:
        slot.phase = ARRIVING
        due = leave + link.latency + jitter(w, s)
        schedule(w, s, due)


@compiled
def begin(w, s):
    """Send the transfer of slot *s* for the first time, or again."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    slot = slots[s]
    slot.sent = w.now
    slot.started = w.now
    slot.hop = 0
    slot.remaining = tasks[slot.task & (len(tasks) - 1)].size
    slot.head = slot.remaining  # so that what has been carried is known when a link fails
    route = routes[slot.route]
    bandwidth = INFINITY
    down = False
    for h in range(route.hops):
        link = links[path[route.first + h]]
        bandwidth = min(bandwidth, link.bandwidth)
        down = down or link.down
    if down:
        slot.phase = DROPPED
        schedule(w, s, w.now)
    elif route.hops == 0:
        slot.phase = ARRIVING
        schedule(w, s, w.now)
    elif w.sharing == FIFO:
        serve(w, s, w.now)
    else:
        due = w.now + route.latency + jitter(w, s)
        slot.phase = FLYING if w.sharing == FAIR else ARRIVING
        if w.sharing != FAIR:
            due += slot.remaining / bandwidth
        schedule(w, s, due)


@compiled
def drain(w, s):
    """Fair: the latencies are over, the bytes begin to flow."""
    slots = slots_of(w)
    slot = slots[s]
    slot.phase = DRAINING
    slot.since = w.now
    slot.rate = join(w, s)
    due = w.now + slot.remaining / slot.rate if slot.rate > 0.0 else INFINITY
    schedule(w, s, due)


@compiled
def account(w, s):
    """Fifo and unshared: book what the transfer has carried over each of its links."""
    slots = slots_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    route = routes[slots[s].route]
    for h in range(route.hops):
        link = links[path[route.first + h]]
        link.bytes += slots[s].remaining
        link.messages += 1
        link.busy += slots[s].remaining / link.bandwidth


@compiled
def note(w, s, delivered):
    """Write the row of a message for the trace."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    if w.trace_messages:
        slot = slots[s]
        task = tasks[slot.task & (len(tasks) - 1)]
        row = messages_of(w)[w.message_rows]
        row.task = slot.task
        row.sent = slot.sent
        row.started = slot.started
        row.delivered = delivered
        row.size = task.size
        row.route = slot.route
        row.tag = task.tag
        row.step = task.step
        row.attempt = slot.attempt
        w.message_rows += 1


@compiled
def lose(w, s):
    """The attempt of slot *s* is lost: a reliable transfer is sent again, up to a limit."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    slot = slots[s]
    note(w, s, -1.0)
    w.lost += 1
    w.messages += 1
    slot.attempt += 1
    if tasks[slot.task & (len(tasks) - 1)].reliable and slot.attempt < w.attempts:
        slot.phase = RESENDING
        patience = w.timeout * 2.0 ** (slot.attempt - 1)  # exponential backoff
        schedule(w, s, max(w.now, slot.sent + patience))
    else:
        finish(w, s, TASK_LOST)


@compiled
def lucky(w, s):
    """Whether no link of its route loses this attempt."""
    slots = slots_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    if not w.lossy:
        return True
    kept = 1.0
    route = routes[slots[s].route]
    for h in range(route.hops):
        kept *= 1.0 - links[path[route.first + h]].loss
    return chance(w, slots[s].task, slots[s].attempt, 0) < kept


@compiled
def arrive(w, s):
    """The last byte is there; where the receiver reduces, that is still to come."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    routes = routes_of(w)
    devices = devices_of(w)
    slot = slots[s]
    task = tasks[slot.task & (len(tasks) - 1)]
    note(w, s, w.now)
    w.messages += 1
    w.bytes += task.size
    device = devices[routes[slot.route].target]
    seconds = task.size * device.gamma
    if task.reduce and seconds > 0.0:
        slot.phase = REDUCING
        slot.since = max(w.now, device.reduce_free)
        device.reduce_free = slot.since + seconds
        schedule(w, s, device.reduce_free)
    else:
        finish(w, s, TASK_DONE)
