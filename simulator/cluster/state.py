"""The records the fabric's kernel works on: one flat array a kind, laid out for the cache.

Tasks that wait for others, gates, and what gates open live in ring buffers: an index only ever
grows, its place is ``index & (capacity - 1)``, and the window of living ones slides. References
between them are the low 31 bits of the index (``~`` of it for a gate), so rings can be enlarged
without touching a reference.

A task that has begun holds a *slot* (recycled); a slot's next event sits in a *bucket* of all
slots due at the same instant, and the heap orders buckets: lockstep rounds cost one heap entry,
not one a rank. What each event touches is in `SLOT`, one line of the cache; the rest in `CARGO`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    'ARRAYS',
    'BUCKET',
    'CARGO',
    'DEVICE',
    'GATE',
    'LINE',
    'LINK',
    'MEMBER',
    'MESSAGE_ROW',
    'PAIR',
    'QUEUED',
    'RANK',
    'ROUTE',
    'SLOT',
    'SPAN_ROW',
    'TASK',
    'TREE',
    'WORLD',
]

LINE = 64


def _record(**fields: str) -> np.dtype[np.void]:
    return np.dtype(list(fields.items()), align=True)


def _lines(**fields: str) -> np.dtype[np.void]:
    """Return a record that fills whole lines of the cache, 64 bytes each."""
    missing = -_record(**fields).itemsize % LINE
    return _record(**fields, **{f'unused_{k}': 'i4' for k in range(missing // 4)})


# What a transfer (size in bytes, place = route) or a computation (size in seconds, place =
# device) keeps from its launch to its end.
_NATURE = {
    'size': 'f8',
    'gate': 'i4',  # the two gates that count this task's completion (-1: none)
    'other_gate': 'i4',
    'place': 'i4',
    'tag': 'i4',  # what it is, for the traces: meaning kept by the fabric
    'step': 'i4',
    'priority': 'i4',  # of a computation: the least goes first
    'kind': 'i1',
    'reduce': 'i1',  # the receiver reduces what arrives before the transfer counts
    'watch': 'i1',  # somebody waits: report the completion
    'reliable': 'i1',  # resend what is lost
}

# A task that waits for gates to open.
TASK = _record(number='i8', **_NATURE, waits='i4')

# A counter: opens when all it waits for has happened, then opens tasks and gates.
GATE = _record(waits='i4', first='u4', count='i4', watch='i4')

# A task that has begun. `left`, `right` thread it into a bucket or a device's waiting heap.
SLOT = _lines(
    task='i8',
    remaining='f8',  # bytes or seconds left at `since`
    rate='f8',
    since='f8',
    stamp='i8',  # fair: scratch of the filling
    bucket='i4',
    left='i4',
    right='i4',
    path='i4',  # its route: where it begins among the links of all routes, and its length
    hops='i4',
    phase='i4',
)
CARGO = _lines(**_NATURE, attempt='i4', sent='f8', started='f8')

# Fifo: at the link where the head is, when it arrived there, when its service starts, and when
# the link becomes free of what came before.
QUEUED = _record(head='f8', start='f8', before='f8', hop='i8')

# Fair: slot s among the flows of hop h of its route, at (s << hop_bits) + h.
MEMBER = _record(left='i4', right='i4')

LINK = _lines(
    bandwidth='f8',
    busy='f8',
    busy_since='f8',
    bytes='f8',
    messages='i8',
    flows='i4',
    first='i4',  # fair: its list of flows, the latest first
    marked='i1',
    down='i1',
    # fair: scratch of the filling
    open='i4',
    latency='f8',
    stamp='i8',
    spare='f8',
    share='f8',
    queue='i4',
    heap='i4',
    touched='i4',  # k-th touched link, kept at place k
    loss='f8',
    free='f8',  # fifo: when its last message will have left
)

ROUTE = _record(latency='f8', first='i8', hops='i4', source='i4', target='i4')

# A rank while its schedule is laid out: gates it enters and leaves by, its last step, that step's
# gate and the one before.
RANK = _record(entry='i8', now='i8', before='i8', step='i8')

# A node in the search for shortest paths, and the k-th node of its heap, kept at place k.
TREE = _record(distance='f8', hops='i8', routes='f8', wanted='i8', place='i8', heap='i8')

DEVICE = _record(
    rate='f8',  # 1 = nominal, 0 = down
    gamma='f8',  # seconds to reduce a byte
    reduce_free='f8',
    busy='f8',
    running='i4',
    waiting='i4',  # root of the heap of waiting computations
    next='i4',  # of those that choose when the instant is over
    chooses='i4',
)

BUCKET = _record(time='f8', first='i4', last='i4', place='i4', count='i4')

# What starts (task, its place or ~slot), is due (task, slot) or woke (task or gate, why).
PAIR = _record(key='i8', what='i8')

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
    'ready': PAIR,
    'slots': SLOT,
    'cargo': CARGO,
    'members': MEMBER,
    'queued': QUEUED,
    'leaves': np.dtype('f8'),
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
    'woken': PAIR,
    'work': PAIR,
    'spare': PAIR,
}

_COUNTERS = (
    'tasks',  # numbers given
    'laid',  # tasks laid into the ring
    'oldest_laid',
    'gates',
    'oldest_gate',
    'opens',
    'messages',
    'lost',
    'epoch',
    'ready',
    'spilled',  # ready tasks of the ring for which there is no room in `ready`,
    'first_spilled',  # a list threaded through their `waits`
    'woken',
    'watched',  # what somebody waits for
    'active',
    'free_slot',
    'fresh_slot',  # from here on slots have never been used
    'free_bucket',
    'fresh_bucket',
    'heap',
    'touched',
    'carrying',  # links with flows
    'choosing',  # the first device that chooses
    'failed',  # links that are down
    'message_rows',
    'span_rows',
    'hop_bits',
    'attempts',  # until a message is given up
    'sharing',
    'trace_messages',
    'trace_spans',
    'lossy',
    'jitter',
)

# The counters, and where each array lies and how long it is: all that the kernel is handed.
WORLD = _record(
    now='f8',
    next='f8',
    timeout='f8',  # until a lost message is sent again, doubled each time
    bytes='f8',
    seed='u8',
    **dict.fromkeys(_COUNTERS, 'i8'),
    **{name + end: 'i8' for name in ARRAYS for end in ('_at', '_size')},
)
