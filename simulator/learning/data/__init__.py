"""Data sets: each a function of a random stream, though most draw nothing from it."""

from collections.abc import Callable

from simulator.learning.data.dataset import Dataset, Samples
from simulator.learning.data.digits import digits
from simulator.learning.data.drawn import blobs, xor

__all__ = ['DATA', 'Dataset', 'Samples', 'blobs', 'digits', 'xor']

DATA: dict[str, Callable[..., Dataset]] = {'digits': digits, 'xor': xor, 'blobs': blobs}
