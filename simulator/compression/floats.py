"""Numbers as they are, or with fewer digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.compression.compressor import (
    QUIET,
    Compressor,
    Packet,
    Promises,
    State,
    Vector,
    everything,
    no_state,
)

__all__ = ['FLOAT32', 'Floats', 'bfloat16', 'float16', 'identity']

_WIRE: dict[str, np.dtype[Any]] = {
    'float32': np.dtype('<f4'),
    'float16': np.dtype('<u2'),
    'bfloat16': np.dtype('<u2'),
}
_INFINITE = {'float16': np.uint16(0x7C00), 'bfloat16': np.uint16(0x7F80)}  # the bits of inf


@dataclass(frozen=True)
class Floats:
    """Each number as a float, without any header. What is sent can be added up on the way.

    Parameters
    ----------
    kind : {'float32', 'float16', 'bfloat16'}
        bfloat16 is the upper half of a float32.
    """

    kind: Literal['float32', 'float16', 'bfloat16']

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return _WIRE[self.kind].itemsize

    def size(self, d: int, kept: int) -> int:
        """Return the bytes of *kept* numbers."""
        return self.itemsize * kept

    def content(self, numbers: Vector) -> NDArray[Any]:
        """Round to nearest, ties to even: float32, or the bits of halves as uint16."""
        if self.kind == 'float32':
            return numbers
        halves = _float16(numbers) if self.kind == 'float16' else _bfloat16(numbers)
        over = (halves & np.uint16(0x7FFF)) == _INFINITE[self.kind]
        # what was infinite stays so: a receiver has to see that its sender went astray
        if over.any() and (over := over & np.isfinite(numbers)).any():
            halves[over] -= np.uint16(1)  # the largest number comes just before inf
        return halves

    def encode(self, content: NDArray[Any], d: int) -> bytes:
        """Return the numbers in little-endian order."""
        return content.astype(_WIRE[self.kind], copy=False).tobytes()

    def decode(self, data: bytes, d: int) -> NDArray[Any]:
        """Return the numbers as they were sent."""
        wire = _WIRE[self.kind]
        return np.frombuffer(data, wire).astype(wire.newbyteorder('='), copy=False)

    def vector(self, content: NDArray[Any], d: int) -> Vector:
        """Widen to float32, which is exact."""
        if self.kind == 'float16':
            return content.view(np.float16).astype(np.float32)
        if self.kind == 'bfloat16':
            return (content.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return content


FLOAT32 = Floats('float32')


def identity() -> Compressor:
    """Send every entry as it is, in float32.

    Examples
    --------
    >>> identity().size(650)
    2600
    """
    return _rounded(FLOAT32, error=0.0, passes=0)


def float16() -> Compressor:
    """Send half-precision floats: 11 significant bits, from 6e-8 to 65504.

    Entries are rounded to nearest; finite ones beyond the range become +-65504, those below half
    its least number 0. inf and nan stay what they are. The error promised holds for entries of
    its normal range, 6.1e-5 to 65504.

    References
    ----------
    .. [1] Micikevicius et al., "Mixed Precision Training", ICLR 2018, arXiv:1710.03740.

    Examples
    --------
    >>> compressor, rng = float16(), np.random.default_rng(0)
    >>> x = np.array([1 / 3, 1e6, np.inf], np.float32)
    >>> compressor.apply(x, (), rng)[0].vector.tolist()
    [0.333251953125, 65504.0, inf]
    """
    return _rounded(Floats('float16'), error=2.0**-22, passes=1)


def bfloat16() -> Compressor:
    """Send the upper halves of the floats: 8 significant bits, the range of float32.

    Entries are rounded to nearest; finite ones beyond the range go to its end, 3.39e38. inf and
    nan stay what they are.

    References
    ----------
    .. [1] Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019,
       arXiv:1905.12322.

    Examples
    --------
    >>> compressor, rng = bfloat16(), np.random.default_rng(0)
    >>> compressor.apply(np.array([1 / 3, 1e6], np.float32), (), rng)[0].vector.tolist()
    [0.333984375, 999424.0]
    """
    return _rounded(Floats('bfloat16'), error=2.0**-16, passes=1)


def _rounded(form: Floats, error: float, passes: int) -> Compressor:
    @QUIET
    def apply(vector: Vector, state: State, rng: np.random.Generator) -> tuple[Packet, State]:
        content = form.content(np.asarray(vector, np.float32))
        d = len(content)
        return Packet(form.vector(content, d), form.size(d, d), None, form, content), state

    return Compressor(
        no_state,
        apply,
        form,
        everything,
        flops=lambda d: float(passes * d),
        promises=Promises(unbiased=error == 0, error=lambda d: error),
    )


def _float16(numbers: Vector) -> NDArray[np.uint16]:
    return numbers.astype(np.float16).view(np.uint16)


def _bfloat16(numbers: Vector) -> NDArray[np.uint16]:
    bits = np.ascontiguousarray(numbers).view(np.uint32)
    # add half a unit of the last bit that stays, a little less where that bit is even
    rounded = bits >> np.uint32(16)
    rounded &= np.uint32(1)
    rounded += bits
    rounded += np.uint32(0x7FFF)
    halves = (rounded >> np.uint32(16)).astype(np.uint16)
    if (lost := np.isnan(numbers)).any():
        halves[lost] = np.uint16(0x7FC0)  # rounding carries some nans out of range
    return halves
