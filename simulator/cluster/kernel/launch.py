"""Lay a whole schedule into the rings: transfers, and a gate for each rank and step.

The gate (rank, step) opens when the rank has completed all its transfers of that step and of
those before; it then opens the rank's transfers of its next step. So each transfer waits for two
gates and counts down two, however many messages a rank exchanges in a step.

A schedule can come in pieces: a rank's exit from one opens its entry into the next.
"""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import gates_of, opens_of, tasks_of
from simulator.cluster.kernel.tasks import signal
from simulator.cluster.kernel.words import LOW, TRANSFER, compiled


@compiled
def count_gates(step, source, target, ranks):
    """Return how many (rank, step) pairs take part in a schedule sorted by step."""
    last = np.full(ranks, -1, np.int64)
    count = 0
    for k in range(len(step)):
        for rank in (source[k], target[k]):
            if last[rank] != step[k]:
                last[rank] = step[k]
                count += 1
    return count


@compiled
def lay_schedule(
    world, step, source, target, first, count, reduce, offsets, routes, tag, reliable, more
):
    """Lay the rows into the rings; return the ids of each rank's entry and exit gate.

    Columns are those of a schedule sorted by step; *offsets* (chunks + 1,) are the bytes before
    each chunk; *routes* (ranks, ranks) the routes. Entry gates wait for one signal from
    outside, the rank's call; exit gates wake who waits, and if there is *more* to come have
    room to open one gate, see `chain`. There must be room for all of it.
    """
    w = world[0]
    tasks = tasks_of(w)
    gates = gates_of(w)
    ranks = len(routes)
    entry = np.empty(ranks, np.int64)
    for rank in range(ranks):
        entry[rank] = _new_gate(w)
        gates[entry[rank] & (len(gates) - 1)].waits = 1
    base = w.gates
    leave = _count(w, step, source, target, entry)
    if more:
        for rank in range(ranks):
            gates[leave[rank] & (len(gates) - 1)].count += 1
    _place(w, entry[0])
    w.gates = base  # walk the rows again, with the same gates
    exits = _fill(w, step, source, target, entry)
    for k in range(len(step)):
        task = tasks[w.tasks & (len(tasks) - 1)]
        task.kind = TRANSFER
        task.place = routes[source[k], target[k]]
        task.size = offsets[first[k] + count[k]] - offsets[first[k]]
        task.tag = tag
        task.step = step[k]
        task.priority = 0
        task.watch = 0
        task.reliable = reliable
        task.reduce = reduce[k]
        task.waits = 2
        w.tasks += 1
    for rank in range(ranks):
        gates[leave[rank] & (len(gates) - 1)].watch = 1
    return entry, exits


@compiled
def chain(world, now, exits, entries):
    """Let each of the *exits* of one piece open its rank's entry into the next.

    Where the exit is open already, the rank enters now.
    """
    w = world[0]
    gates = gates_of(w)
    w.now = now
    for rank in range(len(exits)):
        if exits[rank] < w.oldest_gate or gates[exits[rank] & (len(gates) - 1)].waits < 0:
            signal(w, entries[rank])
        else:
            _hold(w, exits[rank], ~(entries[rank] & LOW))
    if w.ready > 0 or w.woken > 0:
        w.next = now


@compiled
def _new_gate(w):
    gates = gates_of(w)
    gate = gates[w.gates & (len(gates) - 1)]
    gate.waits = 0
    gate.count = 0
    gate.watch = 0
    w.gates += 1
    return w.gates - 1


@compiled
def _count(w, step, source, target, entry):
    """Create the gates and count what each waits for and opens; return the last of each rank."""
    gates = gates_of(w)
    mask = len(gates) - 1
    now = entry.copy()
    before = entry.copy()
    last = np.full(len(entry), -1, np.int64)
    for k in range(len(step)):
        for rank in (source[k], target[k]):
            if last[rank] != step[k]:
                last[rank] = step[k]
                before[rank] = now[rank]
                now[rank] = _new_gate(w)
                gates[before[rank] & mask].count += 1
                gates[now[rank] & mask].waits += 1
            gates[before[rank] & mask].count += 1
            gates[now[rank] & mask].waits += 1
    return now


@compiled
def _place(w, first):
    """Give each gate from *first* on its stretch of the ring of what gates open."""
    gates = gates_of(w)
    mask = len(gates) - 1
    for gate in range(first, w.gates):
        gates[gate & mask].first = w.opens
        w.opens += gates[gate & mask].count
        gates[gate & mask].count = 0


@compiled
def _hold(w, gate, what):
    gates = gates_of(w)
    opens = opens_of(w)
    g = gate & (len(gates) - 1)
    opens[(gates[g].first + gates[g].count) & (len(opens) - 1)] = what
    gates[g].count += 1


@compiled
def _fill(w, step, source, target, entry):
    """Let gates hold tasks and later gates, and tasks know their gates."""
    tasks = tasks_of(w)
    now = entry.copy()
    before = entry.copy()
    last = np.full(len(entry), -1, np.int64)
    for k in range(len(step)):
        id_ = w.tasks + k
        for rank in (source[k], target[k]):
            if last[rank] != step[k]:
                last[rank] = step[k]
                before[rank] = now[rank]
                now[rank] = w.gates
                w.gates += 1
                _hold(w, before[rank], ~(now[rank] & LOW))
            _hold(w, before[rank], id_ & LOW)
        task = tasks[id_ & (len(tasks) - 1)]
        task.gate = now[source[k]] & LOW
        task.other_gate = now[target[k]] & LOW
    return now
