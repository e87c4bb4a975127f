"""Gates, the ends of tasks, chance, and the heaps of waiting computations."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    gates_of,
    opens_of,
    ready_of,
    slots_of,
    tasks_of,
    woken_of,
)
from simulator.cluster.kernel.words import DONE, GATE_OPEN, LOW, NONE, TASK_DONE, compiled


@compiled
def signal(w, gate):
    """Count down *gate*; if it opens, open what it holds, however far that goes."""
    tasks = tasks_of(w)
    gates = gates_of(w)
    opens = opens_of(w)
    ready = ready_of(w)
    woken = woken_of(w)
    top = NONE  # a stack threaded through `waits`, which an open gate needs no more
    g = gate & (len(gates) - 1)
    gates[g].waits -= 1
    if gates[g].waits == 0:
        gates[g].waits = -1
        top = g
    while top != NONE:
        g = top
        top = -2 - gates[g].waits
        if gates[g].watch:
            absolute = w.oldest_gate + ((g - w.oldest_gate) & (len(gates) - 1))
            woken[w.woken] = absolute << 2 | GATE_OPEN
            w.woken += 1
        for k in range(gates[g].count):
            held = opens[(gates[g].first + k) & (len(opens) - 1)]
            if held >= 0:
                t = held & (len(tasks) - 1)
                tasks[t].waits -= 1
                if tasks[t].waits == 0:
                    ready[w.ready] = w.oldest_task + ((held - w.oldest_task) & LOW)
                    w.ready += 1
            else:
                other = ~held & (len(gates) - 1)
                gates[other].waits -= 1
                if gates[other].waits == 0:
                    gates[other].waits = -2 - top
                    top = other


@compiled
def retire(w):
    """Slide the windows of living ids over what is done."""
    tasks = tasks_of(w)
    gates = gates_of(w)
    while w.oldest_task < w.tasks and tasks[w.oldest_task & (len(tasks) - 1)].kind == DONE:
        w.oldest_task += 1
    while w.oldest_gate < w.gates and gates[w.oldest_gate & (len(gates) - 1)].waits < 0:
        w.oldest_gate += 1


@compiled
def finish(w, s, outcome):
    """End the task of slot *s* and free the slot."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    woken = woken_of(w)
    id_ = slots[s].task
    t = id_ & (len(tasks) - 1)
    tasks[t].kind = DONE
    if outcome == TASK_DONE:
        if tasks[t].gate != NONE:
            signal(w, tasks[t].gate)
        if tasks[t].other_gate != NONE:
            signal(w, tasks[t].other_gate)
    if tasks[t].watch:
        woken[w.woken] = id_ << 2 | outcome
        w.woken += 1
    slots[s].phase = NONE
    slots[s].right = w.free_slot
    w.free_slot = s
    w.active -= 1


@compiled
def chance(w, task, attempt, salt):
    """Return a number in [0, 1) that depends on nothing but its arguments and the seed."""
    z = w.seed ^ (np.uint64(task) * np.uint64(0x9E3779B97F4A7C15))
    z ^= (np.uint64(attempt) << np.uint64(8) | np.uint64(salt)) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.float64(z >> np.uint64(11)) * 2.0**-53


@compiled
def later(w, a, b):
    """Whether waiting computation *a* comes after *b*: by priority, arrival, then task."""
    tasks = tasks_of(w)
    slots = slots_of(w)
    one, other = slots[a], slots[b]
    mask = len(tasks) - 1
    p, q = tasks[one.task & mask].priority, tasks[other.task & mask].priority
    if p != q:
        return p > q
    return one.sent > other.sent or (one.sent == other.sent and one.task > other.task)


@compiled
def meld(w, a, b):
    """Merge two skew heaps of waiting computations; return the root."""
    slots = slots_of(w)
    if a == NONE or b == NONE:
        return max(a, b)
    if later(w, a, b):
        a, b = b, a
    root = a
    while True:
        right = slots[a].right
        slots[a].right = slots[a].left
        if right == NONE:
            slots[a].left = b
            return root
        if later(w, right, b):
            right, b = b, right
        slots[a].left = right
        a = right
