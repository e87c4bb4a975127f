"""Clocks, one small rule each: who may proceed, which gradients count, and for how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from annotated_types import Ge, Gt

from simulator.catalogue import Catalogue
from simulator.errors import ScenarioError
from simulator.units import Seconds

__all__ = ['CLOCKS', 'Rule', 'Standing', 'asp', 'backup', 'bsp', 'ssp']


class Standing(NamedTuple):
    """Where a worker stands.

    Attributes
    ----------
    finished : int
        Rounds it has ended.
    slowest : int
        Rounds the slowest worker has ended.
    lag : int
        Updates made since it last fetched the model.
    """

    finished: int
    slowest: int
    lag: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A clock for a number of workers.

    Attributes
    ----------
    collects : int
        Gradients that make an update.
    may_proceed : callable, optional
        ``Standing -> bool``: may a worker that has sent its gradient begin another round? By
        default it may at once.
    counts : callable, optional
        ``staleness -> bool``: is a gradient used that is so many updates old? By default it is.
    factor : callable, optional
        ``staleness -> float``: by what the learning rate is multiplied for it; by default 1.
    synchronous : bool
        Whether an update is a round of its own; else as many updates as workers are one.
    timeout : float, optional
        Seconds after which a round goes on with the gradients that are there.
    """

    collects: int
    may_proceed: Callable[[Standing], bool] | None = None
    counts: Callable[[int], bool] | None = None
    factor: Callable[[int], float] | None = None
    synchronous: bool = True
    timeout: float | None = None


def _fresh(staleness: int) -> bool:
    return staleness == 0


def _after_an_update(standing: Standing) -> bool:
    return standing.lag > 0


def bsp(workers: int, *, timeout: Annotated[Seconds, Gt(0)] | None = None) -> Rule:
    """Bulk-synchronous: nobody begins a round before all have ended the last.

    Parameters
    ----------
    timeout : time, optional
        How long after it has sent the model a server waits for all; then it goes on with those
        it has, at least one, and takes the others for late: their gradients of that round count
        no more, and they go on from the model they find. By default it waits for ever.

    References
    ----------
    .. [1] Valiant, "A bridging model for parallel computation", CACM 33(8), 1990.

    Examples
    --------
    >>> rule = bsp(4)
    >>> rule.collects, rule.may_proceed(Standing(3, 2, 0)), rule.may_proceed(Standing(3, 3, 1))
    (4, False, True)
    """
    if timeout is None:
        return Rule(workers, _after_an_update)
    return Rule(workers, _after_an_update, counts=_fresh, timeout=timeout)


def backup(
    workers: int, *, wait_for: Annotated[int, Ge(1)], late: Literal['drop', 'apply'] = 'drop'
) -> Rule:
    """Backup workers: the k fastest gradients of a round make the update.

    A worker that comes late finds a newer model and goes on from there.

    Parameters
    ----------
    wait_for : int
        k: gradients that make an update.
    late : {'drop', 'apply'}
        Whether a gradient of an earlier round is thrown away, or counts for the present one.

    Raises
    ------
    ScenarioError
        If there are fewer workers than that.

    References
    ----------
    .. [1] Chen et al., "Revisiting Distributed Synchronous SGD", ICLR workshop, 2016.

    Examples
    --------
    >>> rule = backup(5, wait_for=4)
    >>> rule.collects, rule.counts(0), rule.counts(1)
    (4, True, False)
    """
    if wait_for > workers:
        raise ScenarioError(f'backup: wait_for(={wait_for}) must be at most {workers} workers')
    return Rule(wait_for, _after_an_update, counts=_fresh if late == 'drop' else None)


def ssp(workers: int, *, staleness: Annotated[int, Ge(0)]) -> Rule:
    """Stale-synchronous: nobody is more than s rounds ahead of the slowest.

    Each gradient is applied when it arrives, with the factor 1/n, so that s = 0 is BSP.

    Parameters
    ----------
    staleness : int
        The bound s.

    References
    ----------
    .. [1] Ho et al., "More Effective Distributed ML via a Stale Synchronous Parallel Parameter
       Server", NeurIPS 2013.

    Examples
    --------
    >>> rule = ssp(4, staleness=2)
    >>> rule.factor(1), rule.may_proceed(Standing(3, 1, 0)), rule.may_proceed(Standing(4, 1, 0))
    (0.25, True, False)
    """
    return Rule(
        1,
        lambda standing: standing.finished - standing.slowest <= staleness,
        factor=lambda _: 1.0 / workers,
        synchronous=False,
    )


def asp(workers: int, *, damped: bool = False) -> Rule:
    """Asynchronous: nobody waits for anybody; each gradient is applied when it arrives.

    Parameters
    ----------
    damped : bool
        Divide the learning rate by 1 + the gradient's staleness.

    References
    ----------
    .. [1] Dean et al., "Large Scale Distributed Deep Networks", NeurIPS 2012.
    .. [2] Zhang et al., "Staleness-aware Async-SGD for Distributed Deep Learning", IJCAI 2016.

    Examples
    --------
    >>> asp(4, damped=True).factor(3)
    0.25
    """
    return Rule(
        1,
        factor=(lambda staleness: 1.0 / (1 + staleness)) if damped else None,
        synchronous=False,
    )


CLOCKS = Catalogue('clock', {'bsp': bsp, 'ssp': ssp, 'asp': asp, 'backup': backup})
