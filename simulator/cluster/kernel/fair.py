"""Max-min fair sharing: flows on links, components, progressive filling."""

from __future__ import annotations

from simulator.cluster.kernel.arrays import hops_of, links_of, path_of, routes_of, slots_of
from simulator.cluster.kernel.events import cancel, schedule
from simulator.cluster.kernel.words import INFINITY, NONE, SAME, compiled


@compiled
def touch(w, link):
    links = links_of(w)
    if links[link].marked == 0:
        links[link].marked = 1
        links[w.touched].touched = link
        w.touched += 1


@compiled
def join(w, s):
    """Put flow *s* on its links; return its rate if it has them for itself, else 0."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    route = routes[slots[s].route]
    alone = True
    rate = INFINITY
    for h in range(route.hops):
        link = path[route.first + h]
        member = s * w.stride + h
        first = links[link].first
        hops[member].left = NONE
        hops[member].right = first
        if first == NONE:
            links[link].busy_since = w.now
        else:
            hops[first].left = member
            alone = False
        links[link].first = member
        links[link].flows += 1
        rate = min(rate, links[link].bandwidth)
    if alone:
        return rate
    for h in range(route.hops):
        touch(w, path[route.first + h])
    return 0.0


@compiled
def part(w, s, carried):
    """Take flow *s* off its links, over which it has *carried* so many bytes."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    route = routes[slots[s].route]
    for h in range(route.hops):
        link = path[route.first + h]
        member = s * w.stride + h
        left, right = hops[member].left, hops[member].right
        if left == NONE:
            links[link].first = right
        else:
            hops[left].right = right
        if right != NONE:
            hops[right].left = left
        links[link].flows -= 1
        links[link].bytes += carried
        links[link].messages += 1
        if links[link].flows == 0:
            links[link].busy += w.now - links[link].busy_since
        else:
            touch(w, link)


@compiled
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


@compiled
def component(w, link):
    """List the links (in their `queue`) that share flows with *link*, however far; count them."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    links[link].stamp = w.epoch
    links[0].queue = link
    count, k = 1, 0
    while k < count:
        member = links[links[k].queue].first
        k += 1
        while member != NONE:
            s = member // w.stride
            if slots[s].stamp != w.epoch:
                slots[s].stamp = w.epoch
                route = routes[slots[s].route]
                for h in range(route.hops):
                    other = path[route.first + h]
                    if links[other].stamp != w.epoch:
                        links[other].stamp = w.epoch
                        links[count].queue = other
                        count += 1
            member = hops[member].right
    return count


@compiled
def pace(w, s, rate):
    """Let slot *s* go on at *rate*; where nothing changes it keeps its event."""
    slots = slots_of(w)
    old = slots[s].rate
    if abs(rate - old) <= SAME * old:
        return
    cancel(w, s)
    slots[s].remaining = max(slots[s].remaining - old * (w.now - slots[s].since), 0.0)
    slots[s].since = w.now
    slots[s].rate = rate
    due = w.now + slots[s].remaining / rate if rate > 0.0 else INFINITY
    schedule(w, s, due)


@compiled
def fill(w, count):
    """Progressive filling of the *count* listed links: max-min fair rates, least share first."""
    slots = slots_of(w)
    hops = hops_of(w)
    links = links_of(w)
    routes = routes_of(w)
    path = path_of(w)
    for k in range(count):
        link = links[k].queue
        links[k].heap = link
        links[link].spare = links[link].bandwidth
        links[link].open = links[link].flows
        links[link].share = links[link].spare / max(links[link].open, 1)
    for k in range(count // 2 - 1, -1, -1):
        sink(w, k, count)
    level = 0.0
    while count > 0:
        link = links[0].heap
        if links[link].open > 0:
            share = max(links[link].spare, 0.0) / links[link].open
            if share > links[link].share * (1.0 + SAME):  # shares only grow as others are fixed
                links[link].share = share
                sink(w, 0, count)
                continue
            # what is equal but for rounding must stay equal, or lockstep falls apart
            level = share if share > level * (1.0 + SAME) else level
            member = links[link].first
            while member != NONE:
                s = member // w.stride
                if slots[s].stamp == w.epoch:
                    slots[s].stamp = -w.epoch
                    route = routes[slots[s].route]
                    for h in range(route.hops):
                        other = path[route.first + h]
                        links[other].spare -= level
                        links[other].open -= 1
                    pace(w, s, level)
                member = hops[member].right
        count -= 1
        links[0].heap = links[count].heap
        sink(w, 0, count)


@compiled
def refill(w):
    links = links_of(w)
    w.epoch += 1
    for k in range(w.touched):
        link = links[k].touched
        links[link].marked = 0
        if links[link].stamp != w.epoch and links[link].flows > 0:
            count = component(w, link)
            fill(w, count)
    w.touched = 0
