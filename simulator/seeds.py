"""Named random streams: one seed a scenario, one generator a purpose and place.

Every draw of a run comes from a generator that is named by what it is for and where it stands::

    seeds = Seeds(7)
    rng = seeds.stream('stragglers', device=3)

The stream depends on nothing else: not on the order in which streams are made, not on what other
streams have drawn, not on the algorithm under test. So the k-th step of device 3 takes the same
time under every algorithm, and comparisons between algorithms are paired.
"""

from __future__ import annotations

import operator
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, SupportsIndex, cast

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

__all__ = ['Seeds']


class Seeds:
    """The source of all randomness of a run.

    The streams are Philox generators (counter-based: Salmon et al., 2011, "Parallel random
    numbers: as easy as 1, 2, 3", SC'11) whose 128-bit key is a hash of the seed, the purpose and
    the sorted places, so that two names share a stream with probability 2**-128.

    Parameters
    ----------
    seed : int
        The scenario's seed, any whole number.

    Examples
    --------
    >>> first = Seeds(7).stream('stragglers', device=3).random()
    >>> first == Seeds(7).stream('stragglers', device=3).random()
    True
    >>> first == Seeds(7).stream('stragglers', device=4).random()
    False
    """

    __slots__ = ('seed',)

    def __init__(self, seed: SupportsIndex):
        self.seed = operator.index(seed)

    def stream(self, purpose: str, **places: SupportsIndex | str) -> np.random.Generator:
        """Return a fresh generator, at the start of the stream named by *purpose* and *places*.

        Parameters
        ----------
        purpose : str
            What the draws are for, such as ``'batches'``.
        **places : int or str
            Where they are made, such as ``device=3``; their order does not matter.

        Returns
        -------
        numpy.random.Generator
            Two calls with the same arguments return generators that draw the same numbers.
        """
        return np.random.Generator(
            np.random.Philox(cast('Any', _Key(self._digest(purpose, places))))
        )

    def integer(self, purpose: str, **places: SupportsIndex | str) -> int:
        """Return a number in 0 .. 2**63 - 1 fixed by the name, to seed hashes in compiled code.

        Examples
        --------
        >>> Seeds(7).integer('loss') == Seeds(7).integer('loss')
        True
        """
        return int.from_bytes(self._digest(purpose, places), 'big') >> 65

    def _digest(self, purpose: str, places: dict[str, SupportsIndex | str]) -> bytes:
        return blake2b(_as_text(self.seed, purpose, places).encode(), digest_size=16).digest()

    def __repr__(self) -> str:
        return f'Seeds({self.seed})'


def _as_text(seed: int, purpose: str, places: dict[str, SupportsIndex | str]) -> str:
    """Return a name as JSON: it tells device=3 from device='3', and no two parts run together."""
    named = [
        f'{_quoted(place)}:'
        + (_quoted(where) if isinstance(where, str) else f'{operator.index(where):d}')
        for place, where in sorted(places.items())
    ]
    return f'[{seed},{_quoted(purpose)},{{{",".join(named)}}}]'


class _Key(ISeedSequence):
    """The key of a Philox generator, handed over as the seed that it draws its key from.

    Given as ``key=``, it comes with a call for entropy that nobody needs, at five times the price.
    """

    def __init__(self, digest: bytes):
        self._words = np.frombuffer(digest[::-1], '<u8')  # the low word first

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> NDArray[Any]:
        """Return the two words of the key: Philox asks for nothing else."""
        return self._words
