"""Words and constants of the kernel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

# of numpy's type: Python's integers would make numba compile a function for each constant it gets
NONE = np.int64(-1)
ZERO, ONE = np.arange(2)
TRANSFER, COMPUTATION, DONE = np.arange(3)
FAIR, FIFO, UNSHARED = np.arange(3)
(
    FLYING, DRAINING, HOPPING, ARRIVING, REDUCING, RUNNING, WAITING, RESENDING, DROPPED, READY,
) = np.arange(10)  # fmt: skip
IDLE, GROW, DRAIN = np.int64(0), np.int64(-1), np.int64(-2)  # why `advance` returns
FULL, EARLY, WRONG = np.int64(-1), np.int64(-2), np.int64(-3)  # why an entry refuses
TASK_DONE, GATE_OPEN, TASK_LOST, TASK_GONE = np.arange(4)  # what somebody is woken with
GATES = np.int64(1 << 62)  # added to the number of a gate among what woke: gates come after tasks
LOW = np.int64(0x7FFFFFFF)
SAME = 1e-12  # two rates nearer than this, relatively, are one
INFINITY = np.inf

_OPTIONS: dict[str, Any] = {'error_model': 'numpy', 'nogil': True}
_BARE: dict[str, Any] = {'no_cpython_wrapper': True, 'no_cfunc_wrapper': True}
inner = njit(**_OPTIONS, **_BARE)


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what Python calls, and keep it, with all that it calls, in numba's cache.

    numba's stamp of a function is a hash of the file it stands in: after a change elsewhere (in
    what it calls, in the records it works on) it would load what fits no more.
    """
    dispatcher = njit(cache=True, **_OPTIONS)(function)
    dispatcher._cache._cache_file._source_stamp = _stamp()  # noqa: SLF001 - there is no other way
    return dispatcher  # type: ignore[no-any-return]


@lru_cache
def _stamp() -> str:
    """Return a hash of all files of the kernel."""
    here = Path(__file__).parent
    files = [*sorted(here.glob('*.py')), here.with_name('state.py')]
    return hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest()
