"""The records the fabric's kernel works on: one flat array a kind, laid out for the cache.

Tasks, gates and what gates open live in ring buffers: an id only ever grows, its place is
``id & (capacity - 1)``, and the window of living ids slides. References between them are the low
31 bits of the id (``~`` of it for a gate), so rings can be enlarged without touching a reference.

Active tasks hold a *slot* (recycled); a slot's next event sits in a *bucket* of all slots due at
the same instant, and the heap orders buckets: lockstep rounds cost one heap entry, not one a rank.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    'ARRAYS',
    'BUCKET',
    'DEVICE',
    'GATE',
    'HOP',
    'LINK',
    'MESSAGE_ROW',
    'ROUTE',
    'SLOT',
    'SPAN_ROW',
    'TASK',
    'WORLD',
]


def _record(**fields: str) -> np.dtype[np.void]:
    return np.dtype([(name, code) for name, code in fields.items()], align=True)


# A transfer (size in bytes, place = route) or a computation (size in seconds, place = device).
TASK = _record(
    size='f8',
    place='i4',
    waits='i4',  # gates not open yet
    gate='i4',  # the two gates that count this task's completion (-1: none)
    other_gate='i4',
    tag='i4',  # what it is, for the traces: meaning kept by the fabric
    step='i4',
    priority='i4',  # of a computation: the least goes first
    kind='i1',
    reduce='i1',  # the receiver reduces what arrives before the transfer counts
    watch='i1',  # somebody waits: report the completion
    reliable='i1',  # resend what is lost
)

# A counter: opens when all it waits for has happened, then opens tasks and gates.
GATE = _record(waits='i4', first='u4', count='i4', watch='i4')

# An active task. `due` is its next event; `left`, `right` thread it into a bucket or a device's
# waiting heap; `queue` is scratch for lists of slots.
SLOT = _record(
    task='i8',
    due='f8',
    remaining='f8',  # bytes or seconds left at `since`
    rate='f8',
    since='f8',
    sent='f8',
    started='f8',
    head='f8',  # fifo: when the head arrived at the present hop
    start='f8',  # fifo: when the present hop's service starts
    before='f8',  # fifo: when that link was to become free before this message
    stamp='i8',
    bucket='i4',
    left='i4',
    right='i4',
    queue='i4',
    route='i4',
    hop='i4',
    attempt='i4',
    phase='i4',
)

# What slot s does on hop h of its route, at s * stride + h.
HOP = _record(leave='f8', left='i4', right='i4')

LINK = _record(
    bandwidth='f8',
    latency='f8',
    loss='f8',
    free='f8',  # fifo: when its last message will have left
    spare='f8',  # fair: scratch of the filling, as are share, open, queue, heap
    share='f8',
    busy='f8',
    busy_since='f8',
    bytes='f8',
    messages='i8',
    stamp='i8',
    flows='i4',
    first='i4',  # fair: its list of flows
    open='i4',
    queue='i4',
    heap='i4',
    touched='i4',  # k-th touched link, kept at place k
    marked='i1',
    down='i1',
)

ROUTE = _record(latency='f8', first='i8', hops='i4', source='i4', target='i4')

DEVICE = _record(
    rate='f8',  # 1 = nominal, 0 = down
    gamma='f8',  # seconds to reduce a byte
    reduce_free='f8',
    busy='f8',
    running='i4',
    waiting='i4',  # root of the heap of waiting computations
)

BUCKET = _record(time='f8', first='i4', last='i4', place='i4')

MESSAGE_ROW = _record(
    task='i8',
    sent='f8',
    started='f8',
    delivered='f8',
    size='f8',
    route='i4',
    tag='i4',
    step='i4',
    attempt='i4',
)

SPAN_ROW = _record(task='i8', start='f8', end='f8', device='i4', tag='i4', step='i4', reduce='i4')

ARRAYS: dict[str, np.dtype[Any]] = {
    'tasks': TASK,
    'gates': GATE,
    'opens': np.dtype('i4'),
    'ready': np.dtype('i8'),
    'slots': SLOT,
    'hops': HOP,
    'links': LINK,
    'routes': ROUTE,
    'path': np.dtype('i4'),
    'quantiles': np.dtype('f8'),
    'devices': DEVICE,
    'buckets': BUCKET,
    'heap': np.dtype('i4'),
    'recent': np.dtype('i4'),
    'messages': MESSAGE_ROW,
    'spans': SPAN_ROW,
    'woken': np.dtype('i8'),
    'work': np.dtype('i8'),
}

# The counters, and where each array lies and how long it is: all that the kernel is handed.
WORLD = _record(
    **{name + end: 'i8' for name in ARRAYS for end in ('_at', '_size')},
    now='f8',
    next='f8',
    timeout='f8',  # until a lost message is sent again, doubled each time
    bytes='f8',
    tasks='i8',
    oldest_task='i8',
    gates='i8',
    oldest_gate='i8',
    opens='i8',
    messages='i8',
    lost='i8',
    epoch='i8',
    seed='u8',
    ready='i4',
    woken='i4',
    active='i4',
    free_slot='i4',
    free_bucket='i4',
    heap='i4',
    touched='i4',
    message_rows='i4',
    span_rows='i4',
    stride='i4',
    attempts='i4',  # until a message is given up
    sharing='i1',
    trace_messages='i1',
    trace_spans='i1',
    lossy='i1',
    jitter='i1',
)
