"""Data sets: each a function of a random stream, though most draw nothing from it."""

from collections.abc import Callable

from simulator.learning.data.dataset import Dataset, Samples
from simulator.learning.data.drawn import blobs, moons, spirals, xor
from simulator.learning.data.files import idx, npz
from simulator.learning.data.memory import adding, copy, parity
from simulator.learning.data.shipped import breast_cancer, diabetes, digits, iris, wine
from simulator.learning.data.splits import with_validation
from simulator.learning.data.table import csv
from simulator.learning.data.text import text
from simulator.learning.data.waves import sine

__all__ = ['DATA', 'Dataset', 'Samples', 'blobs', 'digits', 'with_validation', 'xor']

DATA: dict[str, Callable[..., Dataset]] = {
    'digits': digits,
    'iris': iris,
    'wine': wine,
    'breast_cancer': breast_cancer,
    'diabetes': diabetes,
    'xor': xor,
    'blobs': blobs,
    'spirals': spirals,
    'moons': moons,
    'copy': copy,
    'adding': adding,
    'parity': parity,
    'sine': sine,
    'text': text,
    'npz': npz,
    'csv': csv,
    'idx': idx,
}
