"""Use a chosen attack, be it of the project or a plug-in's function."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.catalogue import Choice
from simulator.errors import ScenarioError
from simulator.robust.arrays import Vectors
from simulator.robust.attacks.attack import ActsOn, Attack, Knowledge, View

__all__ = ['acts_on', 'knows', 'sent']


def acts_on(choice: Choice) -> ActsOn:
    """Return what an attack acts on; values, if a plug-in does not say."""
    found: ActsOn = choice.beside('acts_on') or 'values'
    return found


def knows(choice: Choice) -> Knowledge:
    """Return what an attack needs to see; all, if a plug-in does not say."""
    found: Knowledge = choice.beside('knows') or 'all'
    return found


def sent(choice: Choice, view: View) -> Vectors:
    """Return what the Byzantine nodes send, (b, d), in the type of their own vectors.

    A plug-in's plain function may return anything that can be broadcast to that.

    Raises
    ------
    ScenarioError
        If it returns something else.
    """
    if isinstance(choice.function, Attack):
        return np.asarray(choice(view))
    if not view.f:
        return view.own
    known = view if len(view.honest) else view.restricted()
    with np.errstate(all='ignore'):
        return _like(view.own, choice(known), choice.name)


def _like(own: Vectors, lies: Any, name: str) -> Vectors:
    try:
        return np.array(np.broadcast_to(lies, own.shape), own.dtype)
    except (ValueError, TypeError) as error:
        raise ScenarioError(
            f'{name}: must return what {len(own)} Byzantine nodes send, an array of shape '
            f'{own.shape} or one that can be broadcast to it ({error})'
        ) from error
