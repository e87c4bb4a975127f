"""A scenario's list of compressors, as one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from simulator.catalogue import Choice
from simulator.compression.compressor import (
    CompressionError,
    Compressor,
    Packet,
    Promises,
    State,
    Vector,
)
from simulator.compression.factors import Factors, Shapes
from simulator.compression.floats import identity
from simulator.compression.sparse import Sparse

__all__ = ['chained', 'composed', 'problems']

_STAGES = ('selection', 'code', 'wrapper')
_DUTIES = {
    'selection': 'choose what is sent',
    'code': 'say how numbers are written',
    'wrapper': 'add what was left out',
}


def composed(
    choices: Sequence[Choice], *, shapes: Shapes | None = None, workers: int = 1
) -> Compressor:
    """Return the compressor that a list in a scenario makes.

    First at most one that chooses what is sent (top_k, random_k, threshold, dgc, low_rank), then
    at most one that says how numbers are written (float16, int8, qsgd, ...), then error_feedback.

    Parameters
    ----------
    choices : sequence of Choice
        Of `COMPRESSORS`; none is identity.
    shapes : sequence of tuple of int, optional
        Of the model's arrays, in the order of the flat vector; low_rank needs them.
    workers : int
        How many senders there are; the clipping of dgc depends on it.

    Raises
    ------
    CompressionError
        If they don't go together, or need what is not given.

    Examples
    --------
    >>> from simulator.compression import COMPRESSORS
    >>> choices = [COMPRESSORS.read(each) for each in ({'top_k': {'share': 0.1}}, 'float16')]
    >>> composed(choices).size(1000)
    329
    """
    for number, text in problems(choices):
        raise CompressionError(f'compression[{number}]: {text}')
    result: Compressor | None = None
    for choice in choices:
        built = choice(*_context(choice, result, shapes, workers))
        wraps = _stage(choice) == 'wrapper'
        result = built if wraps or result is None else chained(result, built)
    return result or identity()


def problems(choices: Sequence[Choice]) -> Iterator[tuple[int, str]]:
    """Yield what does not go together in a list: position and text.

    Examples
    --------
    >>> from simulator.compression import COMPRESSORS
    >>> list(problems([COMPRESSORS.read(each) for each in ('float16', 'top_k')]))
    [(1, 'top_k must stand before float16: first what is sent, then how, then error_feedback')]
    """
    for number, (before, after) in enumerate(pairwise(choices), start=1):
        first, second = _stage(before), _stage(after)
        if first == second:
            yield number, f'{before.name} and {after.name} both {_DUTIES[first]}; take one'
        elif _STAGES.index(first) > _STAGES.index(second):
            order = 'first what is sent, then how, then error_feedback'
            yield number, f'{after.name} must stand before {before.name}: {order}'
    for number, choice in enumerate(choices):
        if _stage(choice) == 'wrapper':
            yield from ((number, text) for text in _unfed(choice, choices[:number]))


def chained(first: Compressor, second: Compressor) -> Compressor:
    """Return *first*, its numbers written as *second* writes them.

    Parameters
    ----------
    first : Compressor
        One whose packets hold numbers as float32: its form is `Sparse` or `Factors`.
    second : Compressor
        Any that has a form; it sees the numbers that *first* sends, as a vector.

    Examples
    --------
    >>> from simulator.compression import sign, top_k
    >>> compressor, rng = chained(top_k(count=2), sign()), np.random.default_rng(0)
    >>> x = np.array([3, -5, 1, 0], np.float32)
    >>> packet, _ = compressor.apply(x, compressor.init(4), rng)
    >>> packet.vector.tolist(), packet.bytes
    ([4.0, -4.0, 0.0, 0.0], 10)
    """
    if not isinstance(first.form, Sparse | Factors) or second.form is None:
        raise CompressionError('chained: takes one that chooses numbers, and one that has a form')
    chosen, written = first.form, first.form.holding(second.form)

    def init(d: int) -> State:
        return first.init(d), second.init(first.kept(d, 0) or d)

    def write(
        sent: tuple[Packet, State], state: State, rng: np.random.Generator
    ) -> tuple[Packet, State]:
        packet, outer = sent
        content, d = packet.content, len(packet.vector)
        numbers, inner = second.apply(content.numbers, state[1], rng)
        vector = chosen.vector(content._replace(numbers=numbers.vector), d)
        size = written.overhead(d, len(content.numbers)) + numbers.bytes
        content = content._replace(numbers=numbers.content)
        return Packet(vector, size, packet.indices, written, content), (outer, inner)

    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        return write(first.apply(vector, state[0], rng), state, rng)

    def stack(
        vectors: Vector, states: Sequence[State], rngs: Sequence[np.random.Generator]
    ) -> list[tuple[Packet, State]]:
        sent = first.apply_all(vectors, [state[0] for state in states], rngs)
        return [write(*each) for each in zip(sent, states, rngs, strict=True)]

    return Compressor(
        init,
        apply,
        written,
        first.kept,
        flops=lambda d: first.flops(d) + second.flops(first.kept(d, 0) or d),
        promises=_together(first, second),
        stack=stack,
    )


def _together(first: Compressor, second: Compressor) -> Promises:
    """Return what a choice of entries and a code of their numbers promise together."""
    mine, its = first.promises, second.promises
    unbiased = mine.unbiased and its.unbiased
    memory = mine.memory or its.memory
    if not isinstance(first.form, Sparse) or mine.error is None or its.error is None:
        return Promises(unbiased, None, memory)
    chosen, written = mine.error, its.error

    def error(d: int) -> float:
        left_out, off = chosen(d), written(first.kept(d, 0) or d)
        if mine.unbiased:
            return (1 + left_out) * (1 + off) - 1
        # what is kept plus what is left out is the vector: the worse of off's share of either
        return left_out + off * (1 - left_out) if off < 1 else off

    return Promises(unbiased, error, memory)


def _stage(choice: Choice) -> str:
    """Return what an entry does; those of plug-ins that do not say so are codes."""
    stage = choice.beside('stage') or 'code'
    return str(stage)


def _unfed(choice: Choice, before: Sequence[Choice]) -> Iterator[str]:
    """Yield why *choice*, a wrapper, can't feed back the errors of what stands before it."""
    if not before:
        yield f'{choice.name} has nothing before it whose error it could feed back'
    for each in before:
        if remedy := each.beside('unfit'):
            reason = remedy(**each.options)
            if reason:
                yield f'{choice.name} does not go with {each.name}: {reason}'


def _context(
    choice: Choice, inner: Compressor | None, shapes: Shapes | None, workers: int
) -> Iterator[Any]:
    """Yield what an entry's positional parameters ask for, by their names."""
    known = {'inner': inner, 'shapes': shapes, 'workers': workers}
    for parameter in inspect.signature(choice.function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            continue
        if known.get(parameter.name) is None:
            raise CompressionError(
                f'{choice.name}: needs {parameter.name!r}, which is not there; '
                f'a compressor may ask for {", ".join(known)}'
            )
        yield known[parameter.name]
