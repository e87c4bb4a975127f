"""Max-min fair sharing: flows on links, components, progressive filling."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import cargo_of, links_of, members_of, path_of, slots_of
from simulator.cluster.kernel.events import cancel, schedule
from simulator.cluster.kernel.words import DRAINING, INFINITY, NONE, ONE, SAME, ZERO, inner


@inner
def touch(w, link):
    """Let the flows of *link* be shared out anew when the instant is over."""
    links = links_of(w)
    if links[link].marked == 0:
        links[link].marked = 1
        links[w.touched].touched = link
        w.touched += 1


@inner
def drain(w, s):
    """Let the bytes of *s* flow, its latencies being over: at once if it is alone."""
    slot = slots_of(w)[s]
    members = members_of(w)
    links = links_of(w)
    path = path_of(w)
    alone = True
    rate = INFINITY
    for h in range(slot.hops):
        link = links[path[slot.path + h]]
        member = (s << w.hop_bits) + h
        first = link.first
        members[member].left = NONE
        members[member].right = first
        if first == NONE:
            link.busy_since = w.now
            w.carrying += 1
        else:
            members[first].left = member
            alone = False
        link.first = member
        link.flows += 1
        rate = min(rate, link.bandwidth)
    if not alone:
        rate = 0.0
        for h in range(slot.hops):
            touch(w, np.int64(path[slot.path + h]))
    slot.phase = DRAINING
    slot.since = w.now
    slot.rate = rate
    schedule(w, s, w.now + slot.remaining / rate if rate > 0.0 else INFINITY)


@inner
def part(w, s, carried):
    """Take flow *s* off its links, over which it has *carried* so many bytes."""
    slot = slots_of(w)[s]
    members = members_of(w)
    links = links_of(w)
    path = path_of(w)
    for h in range(slot.hops):
        link = links[path[slot.path + h]]
        member = (s << w.hop_bits) + h
        left, right = members[member].left, members[member].right
        if left == NONE:
            link.first = right
        else:
            members[left].right = right
        if right != NONE:
            members[right].left = left
        link.flows -= 1
        link.bytes += carried
        link.messages += 1
        if link.flows == 0:
            link.busy += w.now - link.busy_since
            w.carrying -= 1
        else:
            touch(w, np.int64(path[slot.path + h]))


@inner
def carried(w, s):
    """Return the bytes that flow *s* has carried up to now."""
    slot = slots_of(w)[s]
    left = slot.remaining - slot.rate * (w.now - slot.since)
    return cargo_of(w)[s].size - max(left, 0.0)


@inner
def sink(w, place, size):
    """Restore the heap of links by share from *place* down."""
    links = links_of(w)
    link = links[place].heap
    share = links[link].share
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and (
            links[links[child + 1].heap].share < links[links[child].heap].share
        ):
            child += 1
        if links[links[child].heap].share >= share:
            break
        links[place].heap = links[child].heap
        place = child
    links[place].heap = link


@inner
def component(w, link):
    """List the links (in their `queue`) that share flows with *link*, however far; count them."""
    slots = slots_of(w)
    members = members_of(w)
    links = links_of(w)
    path = path_of(w)
    links[link].stamp = w.epoch
    links[0].queue = link
    count, k = ONE, ZERO
    while k < count:
        member = links[links[k].queue].first
        k += 1
        while member != NONE:
            slot = slots[member >> w.hop_bits]
            if slot.stamp != w.epoch:
                slot.stamp = w.epoch
                for h in range(slot.path, slot.path + slot.hops):
                    other = path[h]
                    if links[other].stamp != w.epoch:
                        links[other].stamp = w.epoch
                        links[count].queue = other
                        count += 1
            member = members[member].right
    return count


@inner
def pace(w, s, rate):
    """Let flow *s* go on at *rate*; where nothing changes it keeps its event."""
    slot = slots_of(w)[s]
    old = slot.rate
    if abs(rate - old) <= SAME * old:
        return
    cancel(w, s)
    slot.remaining = max(slot.remaining - old * (w.now - slot.since), 0.0)
    slot.since = w.now
    slot.rate = rate
    schedule(w, s, w.now + slot.remaining / rate if rate > 0.0 else INFINITY)


@inner
def spread(w, count):
    """Prepare the *count* listed links for the filling: a heap by share."""
    links = links_of(w)
    for k in range(count):
        link = links[k].queue
        links[k].heap = link
        links[link].spare = links[link].bandwidth
        links[link].open = links[link].flows
        links[link].share = links[link].spare / max(links[link].open, 1)
    for k in range(count // 2 - 1, -1, -1):
        sink(w, k, count)


@inner
def fix(w, link, level):
    """Give all flows of *link* that have no rate yet the rate *level*."""
    slots = slots_of(w)
    members = members_of(w)
    links = links_of(w)
    path = path_of(w)
    member = links[link].first
    while member != NONE:
        s = np.int64(member >> w.hop_bits)
        slot = slots[s]
        if slot.stamp != -w.epoch:
            slot.stamp = -w.epoch
            for h in range(slot.path, slot.path + slot.hops):
                links[path[h]].spare -= level
                links[path[h]].open -= 1
            pace(w, s, level)
        member = members[member].right


@inner
def fill(w, count):
    """Progressive filling of the *count* listed links: max-min fair rates, least share first."""
    links = links_of(w)
    spread(w, count)
    level = 0.0
    while count > 0:
        link = links[0].heap
        if links[link].open > 0:
            share = max(links[link].spare, 0.0) / links[link].open
            if share > links[link].share * (1.0 + SAME):  # shares only grow as others are fixed
                links[link].share = share
                sink(w, ZERO, count)
                continue
            # what is equal but for rounding must stay equal, or lockstep falls apart
            level = share if share > level * (1.0 + SAME) else level
            fix(w, link, level)
        count -= 1
        links[0].heap = links[count].heap
        sink(w, ZERO, count)


@inner
def all_touched(w):
    """List the touched links that carry flows; return how many where there are no others, or 0."""
    links = links_of(w)
    if w.touched < w.carrying:
        return ZERO
    count = ZERO
    for k in range(w.touched):
        link = links[k].touched
        if links[link].flows > 0:
            links[count].queue = link
            count += 1
    return count if count == w.carrying else ZERO


@inner
def refill(w):
    """Share out anew the links of every component that was touched."""
    links = links_of(w)
    w.epoch += 1
    count = all_touched(w)
    if count > 0:  # no need to find out what belongs together
        fill(w, count)
    for k in range(w.touched):
        link = np.int64(links[k].touched)
        links[link].marked = 0
        if count == 0 and links[link].stamp != w.epoch and links[link].flows > 0:
            fill(w, component(w, link))
    w.touched = 0
