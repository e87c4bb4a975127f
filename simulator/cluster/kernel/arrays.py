"""Where the kernel finds its arrays: the world's record holds their addresses.

Handing over one record instead of twenty structured arrays makes a call from Python four times
as cheap, and calls inside the kernel free. Array accesses are still checked under numba's bounds
checking. The store keeps the arrays alive and the addresses right.
"""

from __future__ import annotations

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import carray

from simulator.cluster.kernel.words import inner
from simulator.cluster.state import (
    BUCKET,
    CARGO,
    DEVICE,
    GATE,
    LINK,
    MEMBER,
    MESSAGE_ROW,
    PAIR,
    QUEUED,
    ROUTE,
    SLOT,
    SPAN_ROW,
    TASK,
)

F8, I4 = np.dtype('f8'), np.dtype('i4')


@intrinsic
def _pointer(_typing, _address):
    """Make a pointer of an address."""

    def codegen(_context, builder, _signature, arguments):
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), codegen


@intrinsic
def bits_of(_typing, _number):
    """Return the bits of a float as an integer."""

    def codegen(_context, builder, _signature, arguments):
        return builder.bitcast(arguments[0], cgutils.intp_t)

    return types.int64(types.float64), codegen


@inner
def tasks_of(w):
    """Return the tasks that wait for others, a ring."""
    return carray(_pointer(w.tasks_at), (w.tasks_size,), TASK)


@inner
def gates_of(w):
    """Return the gates, a ring."""
    return carray(_pointer(w.gates_at), (w.gates_size,), GATE)


@inner
def opens_of(w):
    """Return what gates open, a ring."""
    return carray(_pointer(w.opens_at), (w.opens_size,), I4)


@inner
def ready_of(w):
    """Return what starts next."""
    return carray(_pointer(w.ready_at), (w.ready_size,), PAIR)


@inner
def slots_of(w):
    """Return the tasks that have begun."""
    return carray(_pointer(w.slots_at), (w.slots_size,), SLOT)


@inner
def cargo_of(w):
    """Return what each slot carries."""
    return carray(_pointer(w.cargo_at), (w.cargo_size,), CARGO)


@inner
def members_of(w):
    """Return flows among those of a link, by slot and hop."""
    return carray(_pointer(w.members_at), (w.members_size,), MEMBER)


@inner
def queued_of(w):
    """Return where the heads of messages are, by slot."""
    return carray(_pointer(w.queued_at), (w.queued_size,), QUEUED)


@inner
def leaves_of(w):
    """Return when messages leave links, by slot and hop."""
    return carray(_pointer(w.leaves_at), (w.leaves_size,), F8)


@inner
def links_of(w):
    """Return the links."""
    return carray(_pointer(w.links_at), (w.links_size,), LINK)


@inner
def routes_of(w):
    """Return the routes."""
    return carray(_pointer(w.routes_at), (w.routes_size,), ROUTE)


@inner
def path_of(w):
    """Return the links of all routes."""
    return carray(_pointer(w.path_at), (w.path_size,), I4)


@inner
def quantiles_of(w):
    """Return the sample of the law of jitter."""
    return carray(_pointer(w.quantiles_at), (w.quantiles_size,), F8)


@inner
def devices_of(w):
    """Return the devices."""
    return carray(_pointer(w.devices_at), (w.devices_size,), DEVICE)


@inner
def buckets_of(w):
    """Return the slots due at one instant."""
    return carray(_pointer(w.buckets_at), (w.buckets_size,), BUCKET)


@inner
def heap_of(w):
    """Return the heap of buckets."""
    return carray(_pointer(w.heap_at), (w.heap_size,), I4)


@inner
def recent_of(w):
    """Return buckets made lately, by a hash of their time."""
    return carray(_pointer(w.recent_at), (w.recent_size,), I4)


@inner
def messages_of(w):
    """Return the rows of the message trace."""
    return carray(_pointer(w.messages_at), (w.messages_size,), MESSAGE_ROW)


@inner
def spans_of(w):
    """Return the rows of the trace of spans."""
    return carray(_pointer(w.spans_at), (w.spans_size,), SPAN_ROW)


@inner
def woken_of(w):
    """Return what woke."""
    return carray(_pointer(w.woken_at), (w.woken_size,), PAIR)


@inner
def work_of(w):
    """Return what is due now."""
    return carray(_pointer(w.work_at), (w.work_size,), PAIR)


@inner
def spare_of(w):
    """Return scratch for sorting."""
    return carray(_pointer(w.spare_at), (w.spare_size,), PAIR)
