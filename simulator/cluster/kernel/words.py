"""Words and constants of the kernel."""

from __future__ import annotations

import numpy as np
from numba import njit

NONE = -1
TRANSFER, COMPUTATION, DONE = 0, 1, 2
FAIR, FIFO, UNSHARED = 0, 1, 2
FLYING, DRAINING, HOPPING, ARRIVING, REDUCING, RUNNING, WAITING, RESENDING, DROPPED = range(9)
IDLE, WOKEN, GROW, DRAIN = range(4)  # why `advance` returns
TASK_DONE, GATE_OPEN, TASK_LOST = range(3)  # what somebody is woken with
LOW = 0x7FFFFFFF
SAME = 1e-12  # two rates nearer than this, relatively, are one
INFINITY = np.inf

compiled = njit(cache=True, error_model='numpy', nogil=True)
