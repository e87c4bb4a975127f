"""Links that serve one message at a time, in order of arrival, cut-through."""

from __future__ import annotations

from simulator.cluster.kernel.arrays import (
    bits_of,
    cargo_of,
    leaves_of,
    links_of,
    path_of,
    queued_of,
    slots_of,
    work_of,
)
from simulator.cluster.kernel.events import cancel, schedule
from simulator.cluster.kernel.order import arrange
from simulator.cluster.kernel.tasks import jitter
from simulator.cluster.kernel.words import ARRIVING, DROPPED, HOPPING, ZERO, inner


@inner
def serve(w, s, arrived):
    """Give the head of *s*, *arrived* at its present hop, the link's next free time."""
    slot = slots_of(w)[s]
    links = links_of(w)
    path = path_of(w)
    leaves = leaves_of(w)
    queued = queued_of(w)[s]
    h = queued.hop
    link = links[path[slot.path + h]]
    if link.down:
        slot.phase = DROPPED
        schedule(w, s, w.now)
        return
    queued.head = arrived
    queued.before = link.free
    queued.start = max(arrived, link.free)
    leave = queued.start + slot.remaining / link.bandwidth
    place = (s << w.hop_bits) + h
    if h > 0:  # the tail can't leave before it has come
        leave = max(leave, leaves[place - 1] + links[path[slot.path + h - 1]].latency)
    else:
        cargo_of(w)[s].started = queued.start
    leaves[place] = leave
    link.free = leave
    if h + 1 < slot.hops:
        slot.phase = HOPPING
        due = queued.start + link.latency
    else:
        slot.phase = ARRIVING
        due = leave + link.latency
        if w.jitter:
            due += jitter(w, s)
    schedule(w, s, due)


@inner
def serve_again(w, link):
    """Serve anew at the new rate of *link*, in order, those whose service has not begun."""
    slots = slots_of(w)
    queued = queued_of(w)
    path = path_of(w)
    work = work_of(w)
    leaves = leaves_of(w)
    count = ZERO
    for s in range(w.fresh_slot):
        slot = slots[s]
        moves = slot.phase == HOPPING or (slot.phase == ARRIVING and slot.hops > 0)
        if moves and queued[s].start > w.now and path[slot.path + queued[s].hop] == link:
            work[count].key = bits_of(leaves[(s << w.hop_bits) + queued[s].hop])
            work[count].what = s
            count += 1
    if count == 0:
        return
    # who sends nothing starts together with the next, but leaves before it: sort by both
    arrange(w, work, count)
    for k in range(count):
        work[k].key = bits_of(queued[work[k].what].start)
    arrange(w, work, count)
    links_of(w)[link].free = queued[work[0].what].before
    for k in range(count):
        s = work[k].what
        cancel(w, s)
        serve(w, s, queued[s].head)
