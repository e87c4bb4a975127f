"""What a compressor is: a pair of pure functions, and a form that both ends agree on.

A packet's size is what its encoding really takes. Both ends know beforehand what is agreed: the
number of parameters d, the compressor and its options. These are never sent; all else is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulator.errors import BosphorusError

__all__ = [
    'CompressionError',
    'Compressor',
    'Form',
    'Indices',
    'Packet',
    'Promises',
    'State',
    'Vector',
    'decode',
    'encode',
]

Vector: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.intp]
State: TypeAlias = tuple[Any, ...]

QUIET = np.errstate(all='ignore')
"""Vectors may hold inf and nan, from runs that diverge or are attacked: results, not errors."""


class CompressionError(BosphorusError, ValueError):
    """A compressor can't be had for that vector, or not in that company."""


class Form(Protocol):
    """How a vector is laid out on the wire; agreed beforehand, so never sent itself.

    *content* is what is sent, as arrays; each form has its own kind.
    """

    def size(self, d: int, kept: int) -> int | None:
        """Return the bytes of *d* entries of which *kept* are sent; None if values decide."""
        ...

    def encode(self, content: Any, d: int) -> bytes:
        """Return *content* as it goes over the wire."""
        ...

    def decode(self, data: bytes, d: int) -> Any:
        """Return the content that was encoded."""
        ...

    def vector(self, content: Any, d: int) -> Vector:
        """Return the vector (d,) that *content* stands for."""
        ...


class Packet(NamedTuple):
    """A compressed vector and its size on the wire.

    Attributes
    ----------
    vector : array of float32, shape (d,)
        What the receiver decodes.
    bytes : int
        On the wire, headers included.
    indices : array of int, shape (k,), optional
        The entries that are sent, ascending, where not all are.
    form : Form, optional
        How it is laid out; `encode` needs it.
    content
        What `form` encodes.
    """

    vector: Vector
    bytes: int
    indices: Indices | None = None
    form: Form | None = None
    content: Any = None


class Promises(NamedTuple):
    """What a compressor C promises of all finite vectors x that its numbers can express.

    Attributes
    ----------
    unbiased : bool
        Whether E C(x) = x.
    error : callable, optional
        ``d -> bound`` on E||C(x) - x||^2 / ||x||^2. Below 1, C is a contraction with the factor
        delta = 1 - error(d); None where a packet answers for more than its own vector.
    memory : bool
        Whether what one packet leaves out returns in later ones.
    """

    unbiased: bool
    error: Callable[[int], float] | None
    memory: bool = False


class Compressor(NamedTuple):
    """A pair of pure functions, `init` and `apply`, and what is known of them beforehand.

    Attributes
    ----------
    init : callable
        ``d -> state``.
    apply : callable
        ``(vector (d,), state, rng) -> (packet, state)``; computes in float32, writes to nothing.
    form : Form or None
        Of all its packets.
    kept : callable
        ``(d, step) -> k``, how many numbers the packet of *step* (0, 1, ...) holds; None where
        values decide.
    flops : callable
        ``d -> flops`` of compressing one vector: an operation per entry and pass. What decodes
        writes each entry once, which is not counted.
    promises : Promises
    stack : callable, optional
        `apply` for many senders at once, bitwise the same, where that is faster:
        ``(vectors (W, d), states, rngs) -> [(packet, state), ...]``.
    """

    init: Callable[[int], State]
    apply: Callable[[Vector, State, np.random.Generator], tuple[Packet, State]]
    form: Form | None
    kept: Callable[[int, int], int | None]
    flops: Callable[[int], float]
    promises: Promises
    stack: Callable[..., list[tuple[Packet, State]]] | None = None

    def size(self, d: int, step: int = 0) -> int | None:
        """Return the bytes of the packet of *step*, where they are known before its values are."""
        kept = self.kept(d, step)
        return None if kept is None or self.form is None else self.form.size(d, kept)

    def apply_all(
        self,
        vectors: Vector,
        states: Sequence[State],
        rngs: Sequence[np.random.Generator],
    ) -> list[tuple[Packet, State]]:
        """Compress one vector of each of many senders (W, d), each with its state and draws."""
        if self.stack is not None:
            return self.stack(vectors, states, rngs)
        return [self.apply(*each) for each in zip(vectors, states, rngs, strict=True)]


def encode(packet: Packet) -> bytes:
    """Return what goes over the wire: ``packet.bytes`` bytes.

    Raises
    ------
    CompressionError
        If the packet does not say how it is laid out.

    Examples
    --------
    >>> from simulator.compression import top_k
    >>> compressor, rng = top_k(count=1), np.random.default_rng(0)
    >>> packet, _ = compressor.apply(np.array([3, -4], np.float32), compressor.init(2), rng)
    >>> encode(packet).hex(), packet.bytes
    ('0100000002000080c0', 9)
    """
    if packet.form is None:
        raise CompressionError('encode: this packet has no form; its compressor must give one')
    return packet.form.encode(packet.content, len(packet.vector))


@QUIET
def decode(data: bytes, form: Form, d: int) -> Vector:
    """Return the vector (d,) of an encoded packet of a compressor of this *form*."""
    return form.vector(form.decode(data, d), d)


def no_state(d: int) -> State:
    """Begin with nothing to remember."""
    return ()


def everything(d: int, step: int) -> int:
    """Keep all numbers."""
    return d
