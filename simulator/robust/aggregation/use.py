"""Use a chosen rule, be it of the project, a wrapper around another, or a plug-in's function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from simulator.catalogue import Choice
from simulator.robust.aggregation.received import cleaned
from simulator.robust.aggregation.rule import ALONE, Context, Outcome, Promises, Rule
from simulator.robust.arrays import Indices, Vector, Vectors

__all__ = [
    'aggregate',
    'constant',
    'flops',
    'outcome',
    'problems',
    'promised',
    'promises',
    'selected',
    'told',
    'tolerance',
]


def aggregate(
    choice: Choice, vectors: Vectors | Sequence[object], context: Context = ALONE
) -> Vector:
    """Return what the rule makes of the vectors, shape (d,).

    A plug-in's plain function is given clean vectors and no context.
    """
    if isinstance(choice.function, Rule):
        return np.asarray(choice(vectors, context))
    return np.asarray(choice(cleaned(vectors)))


def outcome(
    choice: Choice, vectors: Vectors | Sequence[object], context: Context = ALONE
) -> Outcome:
    """Return what the rule makes of the vectors, and which of them it selected, if it does."""
    if isinstance(choice.function, Rule):
        return choice.function.outcome(vectors, context, **choice.options)
    return Outcome(np.asarray(choice(cleaned(vectors))))


def selected(
    choice: Choice, vectors: Vectors | Sequence[object], context: Context = ALONE
) -> Indices | None:
    """Return the vectors that the rule goes on with, None if it does not select.

    A rule that draws has to be handed a generator in the state that `aggregate` had it in.
    """
    if not isinstance(choice.function, Rule):
        return None
    return choice.function.selects(vectors, context, **choice.options)


def tolerance(choice: Choice, n: int) -> int | None:
    """Return how many liars among n vectors the rule survives; None if a plug-in does not say."""
    largest = choice.beside('tolerance')
    return None if largest is None else int(largest(n, **choice.options))


def problems(choice: Choice, n: int) -> Iterator[str]:
    """Say what of the rule's options does not fit n vectors."""
    check = choice.beside('check')
    return iter(()) if check is None else iter(check(n, **choice.options))


def promises(choice: Choice) -> Promises:
    """Return what the rule promises, together with the rule inside it, if so."""
    own = choice.beside('promises') or Promises(False, False, False, False)
    inside: Any = choice.options.get('rule')
    return own & promises(inside) if isinstance(inside, Choice) else own


def told(choice: Choice) -> int | None:
    """Return how many liars a rule was told to survive, itself or inside; None if it was not."""
    inside: Any = choice.options.get('rule')
    if 'f' not in choice.options and isinstance(inside, Choice):
        return told(inside)
    f: int | None = choice.options.get('f')
    return f


def promised(choice: Choice, n: int, liars: int = 0) -> dict[str, Any]:
    """Return as plain data what a rule promises for n vectors, some of them lies: for manifests.

    Returns
    -------
    dict
        The `rule` as it stands in a scenario, `n`, the `f` it was told (None if it takes none),
        its `tolerance` (None if a plug-in does not say), what it `needs` in words, the published
        `constant` for as many liars as it was told of, else as there are (None if there is none),
        and what `Promises` says, one key each.

    Examples
    --------
    >>> from simulator.robust.aggregation import RULES
    >>> said = promised(RULES.read({'krum': {'f': 2}}), 10)
    >>> said['f'], said['tolerance'], said['needs'], said['permutation_invariant']
    (2, 3, 'n >= 2f + 3', True)
    """
    f, largest = told(choice), tolerance(choice, n)
    return {
        'rule': choice.plain(),
        'n': n,
        'f': f,
        'tolerance': largest,
        'needs': _needs(choice),
        'constant': constant(choice, n, min(liars, largest or 0) if f is None else f),
        **asdict(promises(choice)),
    }


def _needs(choice: Choice) -> str:
    """Return what a rule, and the one inside it, need of n and f; '' if they survive nobody."""
    inside: Any = choice.options.get('rule')
    own = [str(choice.beside('needs') or '')]
    inner = [f'{inside.name}: {_needs(inside)}'] if isinstance(inside, Choice) else []
    return '; '.join(filter(None, own + inner))


def flops(choice: Choice, n: int, d: int) -> float:
    """Return what aggregating n vectors of d entries costs; 0 if a plug-in does not say."""
    cost = choice.beside('flops')
    return 0.0 if cost is None else float(cost(n, d, **choice.options))


def constant(choice: Choice, n: int, liars: int) -> float | None:
    """Return the rule's published constant for n vectors, None where there is none.

    It is that for the f that the rule is told of, or else for the true number of liars; none
    holds for more liars than that, or than the rule survives.
    """
    known, told = choice.beside('constant'), choice.options.get('f', liars)
    largest = tolerance(choice, n)
    if known is None or largest is None or not liars <= told <= largest:
        return None
    value = known(n, **{**choice.options, 'f': told})
    return None if value is None else float(value)
