"""Routes, compiled: pairs of devices numbered by hash, shortest paths traced on trees."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.words import INFINITY, NONE, ZERO, entry, inner

NEAR = 1e-9  # two latencies nearer than this, relatively, tie


@inner
def mixed(key):
    """Return a hash of *key*, 32 bits."""
    z = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((z ^ (z >> np.uint64(29))) >> np.uint64(32))


@inner
def find(keys, key):
    """Return the place of *key* in a hash table, or the empty one where it belongs."""
    mask = len(keys) - 1
    place = mixed(key) & mask
    while keys[place] != NONE and keys[place] != key:
        place = (place + 1) & mask
    return place


@entry
def fill_table(keys, numbers, pairs, count):
    """Put the first *count* of *pairs* into an empty hash table."""
    for number in range(count):
        place = find(keys, pairs[number])
        keys[place] = pairs[number]
        numbers[place] = number


@entry
def number_pairs(keys, numbers, count, nodes, devices, source, target, begin, routes, pairs):
    """Give a number to the pair of devices of each row from *begin* on; return rows done, pairs.

    *keys* and *numbers* are the hash table of source * nodes + target, of which *count* places
    are taken: where more than half of it would be, this stops short of the last row. *routes*
    (rows,) receives the numbers, *pairs* the keys, by number.
    """
    for k in range(begin, len(source)):
        key = devices[source[k]] * nodes + devices[target[k]]
        place = find(keys, key)
        if keys[place] == NONE:
            if 2 * count >= len(keys):
                return k, count
            keys[place] = key
            numbers[place] = count
            pairs[count] = key
            count += 1
        routes[k] = numbers[place]
    return len(source), count


@inner
def is_nearer(tree, a, b):
    """Whether node *a* comes before *b*: by latency, hops, whether a route ends there."""
    one, other = tree[a], tree[b]
    if one.distance != other.distance:
        return one.distance < other.distance
    if one.hops != other.hops:
        return one.hops < other.hops
    return one.wanted > other.wanted


@inner
def pop(tree, size):
    """Take the nearest node out of the heap of *size* nodes."""
    nearest = tree[0].heap
    node = tree[size - 1].heap
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size - 1:
            break
        if child + 2 < size and is_nearer(tree, tree[child + 1].heap, tree[child].heap):
            child += 1
        if not is_nearer(tree, tree[child].heap, node):
            break
        tree[place].heap = tree[child].heap
        tree[tree[place].heap].place = place
        place = child
    tree[place].heap = node
    tree[node].place = place
    return nearest


@inner
def push(tree, node, size):
    """Put *node* into the heap of *size* nodes, or up to where it now belongs; return the size."""
    place = tree[node].place
    if place == NONE:
        place = size
        size += 1
    while place > 0:
        above = tree[(place - 1) >> 1].heap
        if not is_nearer(tree, node, above):
            break
        tree[place].heap = above
        tree[above].place = place
        place = (place - 1) >> 1
    tree[place].heap = node
    tree[node].place = place
    return size


@inner
def ties(tree, node, k, links, target, latency):
    """Whether the k-th link, the other way, ends a shortest route to *node*, which it leaves."""
    before = tree[target[links[k]]]
    through = before.distance + latency[links[k] ^ 1]
    return before.hops + 1 == tree[node].hops and through <= tree[node].distance * (1 + NEAR)


@inner
def grow(tree, root, missing, first, links, target, latency):
    """Dijkstra from *root*, until the *missing* nodes at which routes end are reached.

    Counts the shortest routes to each node on the way.
    """
    for node in range(len(tree)):
        tree[node].distance = INFINITY
        tree[node].hops = len(tree)
        tree[node].place = NONE
        tree[node].routes = 0.0
    tree[root].distance = 0.0
    tree[root].hops = 0
    tree[root].routes = 1.0
    size = push(tree, root, ZERO)
    while size > 0 and missing > 0:
        node = pop(tree, size)
        size -= 1
        missing -= tree[node].wanted
        hops = tree[node].hops + 1
        for k in range(first[node], first[node + 1]):
            other = tree[target[links[k]]]
            through = tree[node].distance + latency[links[k]]
            if through < other.distance or (through == other.distance and hops < other.hops):
                other.distance = through
                other.hops = hops
                size = push(tree, target[links[k]], size)
            elif ties(tree, node, k, links, target, latency):
                tree[node].routes += other.routes


@inner
def step_back(tree, node, first, links, target, latency):
    """Return the link that ends a shortest route to *node*: from the lowest node of several."""
    best = NONE
    for k in range(first[node], first[node + 1]):
        lower = best == NONE or target[links[k]] < target[best ^ 1]
        if lower and ties(tree, node, k, links, target, latency):
            best = links[k] ^ 1
    return best


@inner
def draw_back(tree, node, chosen, first, links, target, latency):
    """Return the link that ends the *chosen* shortest route to *node*, and which one is left."""
    best = NONE
    for k in range(first[node], first[node + 1]):
        if ties(tree, node, k, links, target, latency):
            best = links[k] ^ 1
            routes = tree[target[links[k]]].routes
            if chosen < routes:
                break
            chosen -= routes
    return best, chosen


@inner
def start_of(key, nodes, access, target):
    """Return the node whose tree serves the pair *key*: behind the source's only link, if any."""
    link = access[key // nodes]
    return key // nodes if link == NONE else target[link]


@inner
def grow_for(tree, pairs, order, k, nodes, access, first, links, target, latency):
    """Grow the tree that serves the k-th pair of *order*, and those after it from the same root."""
    root = start_of(pairs[order[k]], nodes, access, target)
    missing, end = ZERO, k
    while end < len(order) and start_of(pairs[order[end]], nodes, access, target) == root:
        goal = tree[pairs[order[end]] % nodes]
        missing += 1 - goal.wanted
        goal.wanted = 1
        end += 1
    grow(tree, root, missing, first, links, target, latency)
    for j in range(k, end):
        tree[pairs[order[j]] % nodes].wanted = 0
    return end


@inner
def trace(tree, key, spread, nodes, access, first, links, target, latency, path, begin, route):
    """Write the links of the route of the pair *key* into *path* from *begin* on."""
    source, node = key // nodes, key % nodes
    end = begin + (0 if node == source else tree[node].hops + (access[source] != NONE))
    if tree[node].distance == INFINITY or end > len(path):
        return NONE
    route.first, route.hops, route.source, route.target = begin, end - begin, source, node
    route.latency = 0.0
    chosen = np.floor(mixed(key) * 2.0**-32 * tree[node].routes)
    for place in range(end - 1, begin - 1, -1):
        if place == begin and access[source] != NONE:
            path[place] = access[source]
        elif spread:
            path[place], chosen = draw_back(tree, node, chosen, first, links, target, latency)
        else:
            path[place] = step_back(tree, node, first, links, target, latency)
        node = target[path[place] ^ 1]
    for place in range(begin, end):
        route.latency += latency[path[place]]
    return end


@entry
def trace_pairs(
    pairs, order, begin, spread, access, first, links, target, latency, tree, path, used, routes
):
    """Find the routes of *pairs* (keys) in *order*, by root, from place *begin* of it on.

    A route from a device with but one link (*access*, by node; NONE where there are more) is that
    link and a route from the node behind it: devices there share a tree. Writes links into *path*
    from *used* on, and rows of *routes*; returns pairs done and *used*, and stops short where
    *path* is full.
    """
    nodes = len(tree)
    end = begin
    for k in range(begin, len(order)):
        if k >= end:
            end = grow_for(tree, pairs, order, k, nodes, access, first, links, target, latency)
        after = trace(
            tree,
            pairs[order[k]],
            spread,
            nodes,
            access,
            first,
            links,
            target,
            latency,
            path,
            used,
            routes[order[k]],
        )
        if after == NONE:
            return k, used
        used = after
    return len(order), used
