"""The life of a transfer: it starts, crosses its links in one of three ways, arrives or is lost."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    cargo_of,
    devices_of,
    links_of,
    messages_of,
    path_of,
    queued_of,
    routes_of,
    slots_of,
)
from simulator.cluster.kernel.events import schedule
from simulator.cluster.kernel.fifo import serve
from simulator.cluster.kernel.tasks import chance, finish, jitter
from simulator.cluster.kernel.words import (
    ARRIVING,
    DROPPED,
    FAIR,
    FIFO,
    FLYING,
    INFINITY,
    REDUCING,
    RESENDING,
    TASK_DONE,
    TASK_LOST,
    UNSHARED,
    ZERO,
    inner,
)


@inner
def is_cut(w, slot):
    """Whether a link of the slot's route is down."""
    links = links_of(w)
    path = path_of(w)
    cut = False
    for h in range(slot.path, slot.path + slot.hops):
        cut = cut or links[path[h]].down != 0
    return cut


@inner
def narrowest(w, slot):
    """Return the least bandwidth on the slot's route."""
    links = links_of(w)
    path = path_of(w)
    bandwidth = INFINITY
    for h in range(slot.path, slot.path + slot.hops):
        bandwidth = min(bandwidth, links[path[h]].bandwidth)
    return bandwidth


@inner
def begin(w, s):
    """Send the transfer of slot *s* for the first time, or again."""
    slot = slots_of(w)[s]
    cargo = cargo_of(w)[s]
    route = routes_of(w)[cargo.place]
    cargo.sent = w.now
    cargo.started = w.now
    slot.remaining = cargo.size
    slot.path = route.first
    slot.hops = route.hops
    if w.failed > 0 and is_cut(w, slot):
        slot.phase = DROPPED
        schedule(w, s, w.now)
    elif w.sharing == FIFO and slot.hops > 0:
        queued_of(w)[s].hop = 0
        serve(w, s, w.now)
    else:
        due = w.now + route.latency
        if w.jitter and slot.hops > 0:
            due += jitter(w, s)
        flows = w.sharing == FAIR and slot.remaining > 0.0 and slot.hops > 0
        slot.phase = FLYING if flows else ARRIVING
        if w.sharing == UNSHARED:
            due += slot.remaining / narrowest(w, slot)
        schedule(w, s, due)


@inner
def account(w, s):
    """Fifo and unshared: book what the transfer has carried over each of its links."""
    links = links_of(w)
    path = path_of(w)
    slot = slots_of(w)[s]
    for h in range(slot.path, slot.path + slot.hops):
        link = links[path[h]]
        link.bytes += slot.remaining
        link.messages += 1
        link.busy += slot.remaining / link.bandwidth


@inner
def note(w, s, delivered):
    """Write the row of a message for the trace."""
    if w.trace_messages:
        cargo = cargo_of(w)[s]
        row = messages_of(w)[w.message_rows]
        row.task = slots_of(w)[s].task
        row.sent = cargo.sent
        row.started = cargo.started
        row.delivered = delivered
        row.size = cargo.size
        row.route = cargo.place
        row.tag = cargo.tag
        row.step = cargo.step
        row.attempt = cargo.attempt
        w.message_rows += 1
    w.messages += 1


@inner
def lose(w, s):
    """Lose the attempt of slot *s*: a reliable transfer is sent again, up to a limit."""
    slot = slots_of(w)[s]
    cargo = cargo_of(w)[s]
    note(w, s, -1.0)
    w.lost += 1
    cargo.attempt += 1
    if cargo.reliable and cargo.attempt < w.attempts:
        slot.phase = RESENDING
        patience = w.timeout * 2.0 ** (cargo.attempt - 1)  # exponential backoff
        schedule(w, s, max(w.now, cargo.sent + patience))
    else:
        finish(w, s, TASK_LOST)


@inner
def lucky(w, s):
    """Whether no link of its route loses this attempt."""
    if not w.lossy:
        return True
    links = links_of(w)
    path = path_of(w)
    slot = slots_of(w)[s]
    kept = 1.0
    for h in range(slot.path, slot.path + slot.hops):
        kept *= 1.0 - links[path[h]].loss
    return chance(w, slot.task, np.int64(cargo_of(w)[s].attempt), ZERO) < kept


@inner
def arrive(w, s):
    """Take note of the last byte; where the receiver reduces, that is still to come."""
    if not lucky(w, s):
        lose(w, s)
        return
    slot = slots_of(w)[s]
    cargo = cargo_of(w)[s]
    note(w, s, w.now)
    w.bytes += cargo.size
    if cargo.reduce:
        device = devices_of(w)[routes_of(w)[cargo.place].target]
        seconds = cargo.size * device.gamma
        if seconds > 0.0:
            slot.phase = REDUCING
            slot.since = max(w.now, device.reduce_free)
            device.reduce_free = slot.since + seconds
            schedule(w, s, device.reduce_free)
            return
    finish(w, s, TASK_DONE)
