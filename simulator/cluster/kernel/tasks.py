"""Tasks and gates: slots taken and given back, gates counted down, chance."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    cargo_of,
    gates_of,
    opens_of,
    quantiles_of,
    ready_of,
    slots_of,
    tasks_of,
    woken_of,
)
from simulator.cluster.kernel.order import arrange_tasks
from simulator.cluster.kernel.words import (
    DONE,
    GATE_OPEN,
    GATES,
    NONE,
    ONE,
    READY,
    TASK_DONE,
    inner,
)


@inner
def take_slot(w, task):
    """Give *task* a slot; there must be one left."""
    slots = slots_of(w)
    s = w.free_slot
    if s == NONE:
        s = w.fresh_slot
        w.fresh_slot += 1
    else:
        w.free_slot = slots[s].right
    w.active += 1
    slots[s].task = task
    slots[s].stamp = 0
    slots[s].bucket = NONE
    slots[s].phase = READY
    return s


@inner
def load(w, place):
    """Let the task at *place* of the ring begin: it holds a slot from now on."""
    task = tasks_of(w)[place]
    s = take_slot(w, task.number)
    cargo = cargo_of(w)[s]
    cargo.size = task.size
    cargo.gate = task.gate
    cargo.other_gate = task.other_gate
    cargo.place = task.place
    cargo.tag = task.tag
    cargo.step = task.step
    cargo.priority = task.priority
    cargo.kind = task.kind
    cargo.reduce = task.reduce
    cargo.watch = task.watch
    cargo.reliable = task.reliable
    cargo.attempt = 0
    task.kind = DONE
    return s


@inner
def make_ready(w, task, place):
    """Let *task* start in the next round: the one at *place* of the ring, or in slot ~place."""
    ready = ready_of(w)
    if w.ready < len(ready):
        ready[w.ready].key = task
        ready[w.ready].what = place
        w.ready += 1
    else:
        tasks_of(w)[place].waits = w.first_spilled
        w.first_spilled = place
        w.spilled += 1


@inner
def take_ready(w):
    """Sort what is ready, for which there must be room now, and forget it; return how many."""
    tasks = tasks_of(w)
    place = w.first_spilled
    w.first_spilled = NONE
    w.spilled = 0
    while place != NONE:
        after = np.int64(tasks[place].waits)
        make_ready(w, tasks[place].number, place)
        place = after
    count = w.ready
    w.ready = 0
    arrange_tasks(w, ready_of(w), count)
    return count


@inner
def wake(w, key, why):
    """Report what somebody waits for."""
    woken = woken_of(w)
    woken[w.woken].key = key
    woken[w.woken].what = why
    w.woken += 1


@inner
def signal(w, gate):
    """Count down *gate*; if it opens, open what it holds, however far that goes."""
    tasks = tasks_of(w)
    gates = gates_of(w)
    opens = opens_of(w)
    g = gate & (len(gates) - 1)
    gates[g].waits -= 1
    if gates[g].waits > 0:
        return
    gates[g].waits = -1
    top = g  # of a stack threaded through `waits`, which an open gate needs no more
    while top != NONE:
        g = top
        top = -2 - np.int64(gates[g].waits)
        if gates[g].watch:
            number = w.oldest_gate + ((g - w.oldest_gate) & (len(gates) - 1))
            wake(w, GATES + number, GATE_OPEN)
        first = np.int64(gates[g].first)
        for k in range(first, first + gates[g].count):
            held = np.int64(opens[k & (len(opens) - 1)])
            if held >= 0:
                t = held & (len(tasks) - 1)
                tasks[t].waits -= 1
                if tasks[t].waits == 0:
                    make_ready(w, tasks[t].number, t)
            else:
                other = ~held & (len(gates) - 1)
                gates[other].waits -= 1
                if gates[other].waits == 0:
                    gates[other].waits = -2 - top
                    top = other


@inner
def retire(w):
    """Slide the windows of the rings over what has begun, or opened."""
    tasks = tasks_of(w)
    gates = gates_of(w)
    while w.oldest_laid < w.laid and tasks[w.oldest_laid & (len(tasks) - 1)].kind == DONE:
        w.oldest_laid += 1
    while w.oldest_gate < w.gates and gates[w.oldest_gate & (len(gates) - 1)].waits < 0:
        w.oldest_gate += 1


@inner
def finish(w, s, outcome):
    """End the task of slot *s* and free the slot."""
    slots = slots_of(w)
    cargo = cargo_of(w)[s]
    if outcome == TASK_DONE:
        if cargo.gate != NONE:
            signal(w, np.int64(cargo.gate))
        if cargo.other_gate != NONE:
            signal(w, np.int64(cargo.other_gate))
    if cargo.watch:
        wake(w, slots[s].task, outcome)
    slots[s].phase = NONE
    slots[s].right = w.free_slot
    w.free_slot = s
    w.active -= 1


@inner
def chance(w, task, attempt, salt):
    """Return a number in [0, 1) that depends on nothing but its arguments and the seed."""
    z = w.seed ^ (np.uint64(task) * np.uint64(0x9E3779B97F4A7C15))
    z ^= (np.uint64(attempt) << np.uint64(8) | np.uint64(salt)) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.float64(z >> np.uint64(11)) * 2.0**-53


@inner
def jitter(w, s):
    """Return the extra latency of this attempt: a quantile of the law, drawn by hash."""
    quantiles = quantiles_of(w)
    draw = chance(w, slots_of(w)[s].task, np.int64(cargo_of(w)[s].attempt), ONE)
    return quantiles[np.int64(draw * len(quantiles))]
