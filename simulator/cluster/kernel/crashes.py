"""What ends without an outcome: the work of a device that crashes, a schedule that is given up."""

from __future__ import annotations

import numpy as np

from simulator.cluster.kernel.arrays import (
    cargo_of,
    devices_of,
    gates_of,
    ready_of,
    routes_of,
    slots_of,
    tasks_of,
)
from simulator.cluster.kernel.computations import meld, note_span, offer
from simulator.cluster.kernel.events import cancel, is_early, look_ahead
from simulator.cluster.kernel.fair import carried, part
from simulator.cluster.kernel.tasks import (
    finish,
    make_ready,
    retire,
    take_ready,
    wake,
)
from simulator.cluster.kernel.transfers import note
from simulator.cluster.kernel.words import (
    COMPUTATION,
    DONE,
    DRAINING,
    EARLY,
    NONE,
    READY,
    REDUCING,
    RESENDING,
    RUNNING,
    TASK_GONE,
    TASK_LOST,
    WAITING,
    ZERO,
    entry,
    inner,
)


@inner
def discard(w, s):
    """End the task of slot *s* now; its gates never hear of it, who waits for it does."""
    slot = slots_of(w)[s]
    cargo = cargo_of(w)[s]
    phase = slot.phase
    if phase == DRAINING:
        part(w, s, carried(w, s))
    cancel(w, s)
    if cargo.kind == COMPUTATION:
        if phase == RUNNING:
            device = devices_of(w)[cargo.place]
            device.running = NONE
            device.busy += w.now - cargo.started
            if w.now > cargo.started:
                note_span(w, s, np.int64(cargo.place), ZERO, cargo.started)
        finish(w, s, TASK_GONE)
        return
    if phase not in (READY, RESENDING, REDUCING):  # of these, the attempt is noted already, or none
        note(w, s, -1.0)
        w.lost += 1
    finish(w, s, TASK_LOST)


@inner
def queue_again(w):
    """Let devices wait only for what still waits for them, some of which is gone."""
    devices = devices_of(w)
    slots = slots_of(w)
    for d in range(len(devices)):
        devices[d].waiting = NONE
    for s in range(w.fresh_slot):
        if slots[s].phase == WAITING:
            device = devices[cargo_of(w)[s].place]
            slots[s].left = NONE
            slots[s].right = NONE
            device.waiting = meld(w, np.int64(device.waiting), s)
    for d in range(len(devices)):
        offer(w, d)


@inner
def concerns(w, kind, place, device, messages):
    """Whether a task is a computation of *device* or, if asked, a message to it or from it."""
    if kind == COMPUTATION:
        return place == device
    route = routes_of(w)[place]
    return messages and (route.source == device or route.target == device)


@inner
def withdraw(w, place, device, messages):
    """Let go of what is ready, at *place* of the ring or in slot ~place; whether it is gone."""
    if place < 0:
        cargo = cargo_of(w)[~place]
        return concerns(w, cargo.kind, cargo.place, device, messages)  # its slot is still to come
    task = tasks_of(w)[place]
    if not concerns(w, task.kind, task.place, device, messages):
        return False
    if task.watch:
        wake(w, task.number, TASK_GONE if task.kind == COMPUTATION else TASK_LOST)
    task.kind = DONE
    return True


@entry
def wipe(world, now, device, messages):
    """Let go of all computations of *device* and, if asked, all its messages, to it and from it."""
    w = world[0]
    slots, cargo = slots_of(w), cargo_of(w)
    ready = ready_of(w)
    if is_early(w, now):
        return EARLY
    w.now = now
    for k in range(take_ready(w)):
        if not withdraw(w, ready[k].what, device, messages):
            make_ready(w, ready[k].key, ready[k].what)
    for s in range(w.fresh_slot):
        if slots[s].phase != NONE and concerns(w, cargo[s].kind, cargo[s].place, device, messages):
            discard(w, s)
    if messages:
        devices_of(w)[device].reduce_free = now
    queue_again(w)
    retire(w)
    look_ahead(w)
    return ZERO


@entry
def abandon(world, now, first_task, tasks_end, first_gate, gates_end):
    """Give up a schedule: what is under way is lost, the rest never starts, nobody leaves."""
    w = world[0]
    tasks, gates, slots = tasks_of(w), gates_of(w), slots_of(w)
    ready = ready_of(w)
    if is_early(w, now):
        return EARLY
    w.now = now
    for k in range(take_ready(w)):
        if not first_task <= ready[k].key < tasks_end:
            make_ready(w, ready[k].key, ready[k].what)
    for s in range(w.fresh_slot):
        if slots[s].phase != NONE and first_task <= slots[s].task < tasks_end:
            discard(w, s)
    for place in range(w.oldest_laid, w.laid):
        task = tasks[place & (len(tasks) - 1)]
        if task.kind != DONE and first_task <= task.number < tasks_end:
            task.kind = DONE
            w.watched -= task.watch
    for place in range(max(first_gate, w.oldest_gate), gates_end):
        gate = gates[place & (len(gates) - 1)]
        if gate.waits >= 0:
            gate.waits = -1
            w.watched -= gate.watch
        gate.watch = 0
    queue_again(w)
    retire(w)
    look_ahead(w)
    return ZERO
