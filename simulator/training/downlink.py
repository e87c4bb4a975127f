"""What servers send when they compress: updates, not models."""

from __future__ import annotations

import numpy as np

from simulator.learning import frozen
from simulator.learning.arrays import Floats
from simulator.training.packing import Packer

__all__ = ['Downlink']


class Downlink:
    """The compressed updates of one slice of the model.

    A server compresses each update of its slice once, with a memory of its own, and applies to
    its model what the workers will decode: so server and workers hold the same. A worker gets all
    packets since it last fetched the slice, or the whole slice, as it is, if that is shorter or
    if it has none yet.

    Parameters
    ----------
    packer : Packer
        Of one sender.
    whole : float
        Bytes of the slice as it is.

    References
    ----------
    .. [1] Tang et al., "DoubleSqueeze: Parallel Stochastic Gradient Descent with Double-Pass
       Error-Compensated Compression", ICML 2019.

    Examples
    --------
    >>> from simulator.compression import top_k
    >>> from simulator.seeds import Seeds
    >>> downlink = Downlink(Packer(top_k(count=1), 4, Seeds(7), 1, 'example'), whole=16.0)
    >>> downlink.publish(np.zeros(4, np.float32), np.array([1, 2, 3, 4], np.float32)).tolist()
    [0.0, 0.0, 0.0, 4.0]
    >>> downlink.bytes(0, 1), downlink.bytes(-1, 1)
    (9.0, 16.0)
    """

    def __init__(self, packer: Packer, whole: float):
        self.packer = packer
        self._whole = whole
        self._sent = [0.0]  # bytes of all packets, up to each version

    @property
    def flops(self) -> float:
        """What compressing an update costs."""
        return self.packer.flops

    def publish(self, before: Floats, after: Floats) -> Floats:
        """Return what the model is after an update, as all decode it."""
        update = after - before
        parcel = self.packer.pack(0, lambda: update)
        decoded = parcel.packet.vector
        self._sent.append(self._sent[-1] + parcel.bytes)
        # where nothing is lost, the model does not suffer from taking the difference
        exact = np.array_equal(decoded, update, equal_nan=True)
        return frozen(after if exact else before + decoded)

    def bytes(self, has: int, version: int) -> float:
        """Return what a worker is sent that *has* that version of the slice (-1: none)."""
        if has < 0:
            return self._whole
        return min(self._whole, self._sent[version] - self._sent[has])

    def back_to(self, version: int) -> None:
        """Begin anew after *version* updates: all that followed is lost, and what is owed too."""
        del self._sent[version + 1 :]
        self.packer.forget(0)
