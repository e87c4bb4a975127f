"""By doubling distances: log2 m steps, the ranks beyond a power of two folded into partners."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.collectives.ranks import Ranks
from simulator.collectives.schedule import Steps, Transfers, assembled

__all__ = ['butterfly', 'halving_doubling']

Integers = NDArray[np.int32]


@assembled
def butterfly(ranks: Ranks) -> Steps:
    """Recursive doubling: whole vectors exchanged with partners at distances 1, 2, 4, ...

    With m = 2^k + r ranks, the first r odd ranks send their vectors to the even ranks before
    them and get the sum at the end.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.

    Returns
    -------
    Schedule
        k steps, or k + 2 if m is no power of two.

    References
    ----------
    .. [1] Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations
       in MPICH", International Journal of High Performance Computing Applications, 2005.

    Examples
    --------
    >>> butterfly(Ranks(8)).steps, butterfly(Ranks(9)).steps
    (3, 5)
    """
    m = ranks.count
    core = _core(m)
    rows = len(core) * _log2(len(core)) + 2 * (m - len(core))
    exchanges = (
        Transfers(core, core[partner], 0, 1, reduce=True) for partner in _partners(len(core))
    )
    return Steps(m, 1, rows, _folded(m, 1, exchanges))


@assembled
def halving_doubling(ranks: Ranks) -> Steps:
    """Rabenseifner's algorithm: halves exchanged and reduced, then doubled back.

    The vector is cut into 2^k chunks, k = floor(log2 m). Step by step a rank sends half of what
    it is still responsible for to its partner at distance 1, 2, 4, ... and keeps the other half;
    then it collects the finished halves in reverse. Ranks beyond 2^k are folded as in `butterfly`.

    Parameters
    ----------
    ranks : Ranks
        Who takes part.

    Returns
    -------
    Schedule
        2k steps, or 2k + 2 if m is no power of two.

    References
    ----------
    .. [1] Thakur, Rabenseifner, Gropp, "Optimization of Collective Communication Operations
       in MPICH", International Journal of High Performance Computing Applications, 2005.

    Examples
    --------
    >>> schedule = halving_doubling(Ranks(8))
    >>> schedule.count.reshape(6, 8)[:, 0].tolist()
    [4, 2, 1, 1, 2, 4]
    """
    m = ranks.count
    core = _core(m)
    power = len(core)
    rows = 2 * power * _log2(power) + 2 * (m - power)
    return Steps(m, power, rows, _folded(m, power, _halve_and_double(core)))


def _log2(power: int) -> int:
    return power.bit_length() - 1


def _core(m: int) -> Integers:
    """Return the 2^k ranks that are left when r odd ones are folded into those before them."""
    extra = m - (1 << _log2(m))
    return np.delete(np.arange(m, dtype=np.int32), np.arange(1, 2 * extra, 2))


def _partners(power: int) -> Iterator[Integers]:
    """Yield each member's partner at distance 1, 2, 4, ..."""
    member = np.arange(power, dtype=np.int32)
    for bit in range(_log2(power)):
        yield member ^ np.int32(1 << bit)


def _folded(m: int, chunks: int, inner: Iterator[Transfers]) -> Iterator[Transfers]:
    """Send the extra ranks' vectors to their partners before *inner*, and the sums back after."""
    odd = np.arange(1, 2 * (m - (1 << _log2(m))), 2, dtype=np.int32)
    if len(odd):
        yield Transfers(odd, odd - 1, 0, chunks, reduce=True)
    yield from inner
    if len(odd):
        yield Transfers(odd - 1, odd, 0, chunks, reduce=False)


def _halve_and_double(core: Integers) -> Iterator[Transfers]:
    power = len(core)
    member = np.arange(power, dtype=np.int32)
    first = np.zeros(power, np.int32)  # of the chunks each member is responsible for
    exchanges = []
    for bit, partner in enumerate(_partners(power)):
        half = power >> (bit + 1)
        upper = (member >> bit & 1) * half
        yield Transfers(core, core[partner], first + (half - upper), half, reduce=True)
        first = first + upper
        exchanges.append((partner, half, first))
    for partner, half, first in reversed(exchanges):
        yield Transfers(core, core[partner], first, half, reduce=False)
