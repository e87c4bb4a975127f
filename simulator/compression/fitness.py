"""Which compressors error feedback cannot follow: those whose error can exceed the vector.

What is left out would then grow from step to step. Each function takes an entry's options and
returns what would help, or '' where nothing has to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

__all__ = ['UNFIT']


def _dgc(**_: Any) -> str:
    return 'it has a memory of its own; leave one of them out'


def _random_k(*, scaled: bool, **_: Any) -> str:
    return 'it sends entries times d/k; give it scaled: false' if scaled else ''


def _int8(*, chunk: int | str, rounding: str, **_: Any) -> str:
    most = 4 * 127**2
    wide = rounding == 'stochastic' and (isinstance(chunk, str) or chunk > most)
    return f'its error can exceed the vector; give it chunk: {most} or less' if wide else ''


def _qsgd(*, levels: int, chunk: int | str, **_: Any) -> str:
    if not isinstance(chunk, str) and chunk <= levels**2:
        return ''
    need = '' if isinstance(chunk, str) else f', or {_root(chunk)} levels'
    return f'its error can exceed the vector; give it chunk: {levels**2} or less{need}'


def _terngrad(*, chunk: int | str, clip: float | None, **_: Any) -> str:
    if not isinstance(chunk, str) and chunk <= 9 and clip is None:
        return ''
    return 'its error can exceed the vector; take sign, int8 or qsgd with more levels'


def _root(number: int) -> int:
    """Return the least whole number whose square is at least *number*."""
    root = int(number**0.5)
    return root + (root * root < number)


UNFIT: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        'dgc': _dgc,
        'int8': _int8,
        'qsgd': _qsgd,
        'random_k': _random_k,
        'terngrad': _terngrad,
    }
)
