"""Lay whole schedules and graphs into the rings: tasks, and gates between them.

In a schedule the gate (rank, step) opens when the rank has completed all its transfers of that
step and of those before; it then opens the rank's transfers of its next step. So each transfer
waits for two gates and counts down two, however many messages a rank exchanges in a step. In a
graph each task that others wait for has a gate of its own.

A schedule can come in pieces: a rank's exit from one opens its entry into the next.
"""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import gates_of, opens_of, tasks_of
from simulator.cluster.kernel.events import is_early, look_ahead
from simulator.cluster.kernel.tasks import signal
from simulator.cluster.kernel.words import EARLY, LOW, NONE, TRANSFER, ZERO, entry, inner


@entry
def count_gates(step, source, target, last):
    """Return how many (rank, step) pairs take part in a schedule sorted by step.

    *last* (ranks,), all NONE, is left with the last step of each rank.
    """
    count = 0
    for k in range(len(step)):
        s, a, b = step[k], source[k], target[k]
        if last[a] != s:
            last[a] = s
            count += 1
        if last[b] != s:
            last[b] = s
            count += 1
    return count


@inner
def new_gate(w):
    """Return a new gate, which waits for nothing yet and opens nothing."""
    gates = gates_of(w)
    gate = gates[w.gates & (len(gates) - 1)]
    gate.waits = 0
    gate.count = 0
    gate.watch = 0
    w.gates += 1
    return w.gates - 1


@inner
def place(w, first):
    """Give each gate from *first* on its stretch of the ring of what gates open."""
    gates = gates_of(w)
    mask = len(gates) - 1
    for gate in range(first, w.gates):
        gates[gate & mask].first = w.opens
        w.opens += gates[gate & mask].count
        gates[gate & mask].count = 0


@inner
def hold(w, gate, what):
    """Let *gate* open one more: a task, or ~ a gate."""
    opens = opens_of(w)
    record = gates_of(w)[gate]
    opens[(np.int64(record.first) + record.count) & (len(opens) - 1)] = what
    record.count += 1


@inner
def new_task(w, kind, place_, size, tag, step, reliable):
    """Return the record of a new task."""
    tasks = tasks_of(w)
    task = tasks[w.laid & (len(tasks) - 1)]
    task.number = w.tasks
    task.kind = kind
    task.place = place_
    task.size = size
    task.tag = tag
    task.step = step
    task.priority = 0
    task.reliable = reliable
    task.reduce = 0
    task.watch = 0
    task.gate = NONE
    task.other_gate = NONE
    task.waits = 0
    w.tasks += 1
    w.laid += 1
    return task


@inner
def enter_steps(w, step, source, target, ranks):
    """Create the gates and count what each waits for and opens."""
    gates = gates_of(w)
    mask = len(gates) - 1
    for k in range(len(step)):
        for r in (source[k], target[k]):
            rank = ranks[r]
            if rank.step != step[k]:
                rank.step = step[k]
                rank.before = rank.now
                rank.now = new_gate(w)
                gates[rank.before & mask].count += 1
                gates[rank.now & mask].waits += 1
            gates[rank.before & mask].count += 1
            gates[rank.now & mask].waits += 1


@inner
def fill_steps(
    w, step, source, target, first, count, reduce, offsets, routes, tag, reliable, ranks
):
    """Lay the transfers; walk the rows again, with the same gates, and let those hold them."""
    mask = len(gates_of(w)) - 1
    gate = ranks[len(ranks) - 1].now + 1  # entry gates are in the order of ranks
    for k in range(len(step)):
        size = offsets[first[k] + count[k]] - offsets[first[k]]
        held = w.laid & LOW
        task = new_task(w, TRANSFER, routes[k], size, tag, step[k], reliable)
        for r in (source[k], target[k]):
            rank = ranks[r]
            if rank.step != step[k]:
                rank.step = step[k]
                rank.before = rank.now
                rank.now = gate
                gate += 1
                hold(w, rank.before & mask, ~(rank.now & LOW))
            hold(w, rank.before & mask, held)
        task.reduce = reduce[k]
        task.gate = ranks[source[k]].now & LOW
        task.other_gate = ranks[target[k]].now & LOW
        task.waits = 2


@entry
def lay_schedule(
    world, step, source, target, first, count, reduce, offsets, routes, tag, reliable, more, ranks
):
    """Lay a schedule; each of *ranks* (``state.RANK``) receives its entry and its exit gate.

    Columns (rows,) are those of a schedule sorted by step; *offsets* (chunks + 1,) are the bytes
    before each chunk; *routes* (rows,) the routes. Entry gates wait for one signal from outside,
    the rank's call; exit gates wake who waits, and if there is *more* to come have room to open
    one gate, see `chain`. There must be room for all of it.
    """
    w = world[0]
    gates = gates_of(w)
    mask = len(gates) - 1
    for r in range(len(ranks)):
        ranks[r].entry = ranks[r].now = new_gate(w)
        ranks[r].step = NONE
        gates[ranks[r].entry & mask].waits = 1
    enter_steps(w, step, source, target, ranks)
    for r in range(len(ranks)):
        gates[ranks[r].now & mask].count += more
    place(w, ranks[0].entry)
    for r in range(len(ranks)):
        gates[ranks[r].now & mask].watch = 1
        ranks[r].now = ranks[r].entry
        ranks[r].step = NONE
    fill_steps(w, step, source, target, first, count, reduce, offsets, routes, tag, reliable, ranks)


@entry
def chain(world, now, exits, entries):
    """Let each of the *exits* of one piece open its rank's entry into the next.

    Where the exit is open already, the rank enters now.
    """
    w = world[0]
    gates = gates_of(w)
    mask = len(gates) - 1
    if is_early(w, now):
        return EARLY
    w.now = now
    for r in range(len(exits)):
        if exits[r] < w.oldest_gate or gates[exits[r] & mask].waits < 0:
            signal(w, entries[r])
        else:
            hold(w, exits[r] & mask, ~(entries[r] & LOW))
    look_ahead(w)
    return ZERO


@entry
def lay_graph(world, kind, places, size, priority, tag, step, watch, before, after, reliable):
    """Lay tasks (tasks,), of which after[e] waits for before[e]; return the entry gate.

    The gate behind it, the exit, wakes who waits when all is done.
    """
    w = world[0]
    tasks, gates = tasks_of(w), gates_of(w)
    mask = len(tasks) - 1
    first, start = w.laid, w.gates
    source = new_gate(w)
    drain = new_gate(w)
    gates[source & (len(gates) - 1)].waits = 1
    gates[drain & (len(gates) - 1)].watch = 1
    for k in range(len(kind)):
        task = new_task(w, kind[k], places[k], size[k], tag[k], step[k], reliable)
        task.priority = priority[k]
        task.watch = watch[k]
    for e in range(len(before)):
        task = tasks[(first + before[e]) & mask]
        if task.gate == NONE:
            task.gate = new_gate(w) & LOW
            gates[task.gate & (len(gates) - 1)].waits = 1
        gates[task.gate & (len(gates) - 1)].count += 1
        tasks[(first + after[e]) & mask].waits += 1
    join_ends(w, first, source, drain)
    place(w, start)
    for e in range(len(before)):
        gate = np.int64(tasks[(first + before[e]) & mask].gate)
        hold(w, gate & (len(gates) - 1), (first + after[e]) & LOW)
    for k in range(first, w.laid):
        if tasks[k & mask].waits == 0:
            tasks[k & mask].waits = 1
            hold(w, source & (len(gates) - 1), k & LOW)
    if first == w.laid:
        hold(w, source & (len(gates) - 1), ~(drain & LOW))
    return source


@inner
def join_ends(w, first, source, drain):
    """Let the entry gate count the tasks that wait for nothing, the exit wait for the last."""
    tasks, gates = tasks_of(w), gates_of(w)
    entrance, exit_ = gates[source & (len(gates) - 1)], gates[drain & (len(gates) - 1)]
    for k in range(first, w.laid):
        task = tasks[k & (len(tasks) - 1)]
        if task.waits == 0:
            entrance.count += 1
        if task.gate == NONE:
            task.gate = drain & LOW
            exit_.waits += 1
    if first == w.laid:
        entrance.count += 1
        exit_.waits = 1
