"""Attacks on time and on the protocol: when Byzantine nodes send, how often, and to whom what.

Those on time are called as ``attack(conduct, **options)`` and return the conduct changed: a plan
that the node programs follow, after the values have been settled. They compose in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from simulator.robust.arrays import Vectors
from simulator.robust.attacks.attack import View, attack
from simulator.units import Bytes, Seconds

__all__ = ['HONEST', 'Conduct', 'delay', 'equivocate', 'flood', 'rush', 'withhold']


@dataclass(frozen=True)
class Conduct:
    """How a node behaves in time.

    Attributes
    ----------
    rushes : bool
        Whether it answers at once, without having computed, or waited for others.
    silence : float
        Share of its messages that it does not send.
    delays : bool
        Whether it holds its messages back.
    delay : float, optional
        For how many seconds; None for as long as the receiver still takes them.
    copies : int
        Needless messages that it sends beside each one.
    bytes : float, optional
        Of each of these; None for those of the message.
    """

    rushes: bool = False
    silence: float = 0.0
    delays: bool = False
    delay: float | None = None
    copies: int = 0
    bytes: float | None = None


HONEST = Conduct()
"""Of a node that keeps to the protocol."""


@attack(knows='own', acts_on='time')
def rush(conduct: Conduct) -> Conduct:
    """Answer at once, without computing, to be in quorums before the honest.

    What would have been computed is replaced by the mean of what is known of the honest by then,
    or by zeros; attacks on values make a lie of that.

    Parameters
    ----------
    conduct : Conduct

    Returns
    -------
    Conduct

    References
    ----------
    .. [1] El-Mhamdi, Guerraoui, Guirguis, Hoang & Rouault, "Genuinely Distributed Byzantine
       Machine Learning", PODC 2020 (Byzantine nodes are not bound by the network's delays).

    Examples
    --------
    >>> rush(HONEST).rushes
    True
    """
    return replace(conduct, rushes=True)


@attack(knows='own', acts_on='time')
def withhold(conduct: Conduct, *, share: Annotated[float, Gt(0), Le(1)] = 1.0) -> Conduct:
    """Stay silent, so that others have to wait, or to do without.

    Parameters
    ----------
    conduct : Conduct
    share : float
        Of the messages that are not sent, drawn one by one; all by default.

    Returns
    -------
    Conduct

    References
    ----------
    .. [1] Lamport, Shostak & Pease, "The Byzantine Generals Problem", ACM TOPLAS 4(3), 1982 (a
       traitor may send nothing).

    Examples
    --------
    >>> withhold(HONEST, share=0.5).silence
    0.5
    """
    return replace(conduct, silence=share)


@attack(knows='own', acts_on='time')
def delay(conduct: Conduct, *, by: Annotated[Seconds, Gt(0)] | None = None) -> Conduct:
    """Hold messages back, to make others wait or the values stale.

    What is sent is settled when it is sent: the adversary has seen the honest ones by then.

    Parameters
    ----------
    conduct : Conduct
    by : time, optional
        How long; by default until the last moment at which the receiver still takes the message,
        where it has one.

    Returns
    -------
    Conduct

    References
    ----------
    .. [1] Xie, Koyejo & Gupta, "Zeno++: Robust Fully Asynchronous SGD", ICML 2020 (Byzantine
       workers under asynchrony).

    Examples
    --------
    >>> delay(HONEST, by=0.25).delay
    0.25
    """
    return replace(conduct, delays=True, delay=by)


@attack(knows='own', acts_on='time')
def flood(
    conduct: Conduct,
    *,
    copies: Annotated[int, Ge(1), Le(10_000)] = 10,
    bytes: Annotated[Bytes, Gt(0)] | None = None,  # noqa: A002 - the word of the scenario
) -> Conduct:
    """Send needless messages beside each one: they load links, and would count as often.

    Parameters
    ----------
    conduct : Conduct
    copies : int
        How many beside each message.
    bytes : size, optional
        Of each; by default as large as the message.

    Returns
    -------
    Conduct

    References
    ----------
    .. [1] Damaskinos et al., "Asynchronous Byzantine Machine Learning (the case of SGD)", ICML
       2018 (Kardam: a Byzantine worker may send as often as it likes).

    Examples
    --------
    >>> flood(HONEST, copies=3).copies
    3
    """
    return replace(conduct, copies=copies, bytes=bytes)


@attack(per_receiver=True)
def equivocate(view: View) -> Vectors:
    """Tell every second receiver the opposite: the mirror image around the honest mean.

    It turns around what the attacks before it have made; alone, what an honest node would send.

    Parameters
    ----------
    view : View
        With a target; the mirror image goes to odd ones.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Lamport, Shostak & Pease, "The Byzantine Generals Problem", ACM TOPLAS 4(3), 1982.

    Examples
    --------
    >>> honest, lie = np.array([[1.0], [3.0]]), np.array([[5.0]])
    >>> [equivocate(View(honest, lie, target=each)).item() for each in (0, 1)]
    [5.0, -1.0]
    """
    if view.target is None or view.target % 2 == 0:
        return view.own
    return np.asarray(2 * view.mean - view.own)
