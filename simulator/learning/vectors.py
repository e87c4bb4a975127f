"""What a model has learned of words: the vectors of its embedding, compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError, did_you_mean
from simulator.learning.arrays import Floats
from simulator.learning.data.corpus import MARKS
from simulator.learning.models import Model

__all__ = ['WordVectors']

Found = list[tuple[str, float]]


class WordVectors:
    """The vectors that stand for tokens, compared by the cosine of their angle.

    Parameters
    ----------
    vocabulary : sequence of str
    vectors : array, shape (V, k)

    Examples
    --------
    >>> vectors = np.array([[0.0, 0], [0, 0], [1, 0], [1, 1], [0, 1]])
    >>> words = WordVectors(['<unknown>', '<mask>', 'man', 'king', 'crown'], vectors)
    >>> [word for word, _ in words.nearest('king', 2)]
    ['man', 'crown']
    """

    def __init__(self, vocabulary: Sequence[str], vectors: Floats):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
        self._vectors: NDArray[np.float64] = vectors / np.where(lengths > 0, lengths, 1)
        self._vocabulary = list(vocabulary)
        self._numbers = {word: number for number, word in enumerate(self._vocabulary)}

    @classmethod
    def of(cls, model: Model, parameters: Floats, vocabulary: Sequence[str]) -> WordVectors:
        """Return the vectors of a model's embedding.

        Raises
        ------
        DataError
            If it has none, or its tokens stand for nothing.
        """
        found = [layer for layer in model.layers if layer.name.endswith('-embedding')]
        if not found or not vocabulary:
            raise DataError(
                'this model has no vectors of words; take lstm, transformer or window_mlp on text.'
            )
        place, shape = found[0].arrays['vectors']
        return cls(vocabulary, parameters[place].reshape(shape))

    def nearest(self, word: str, count: int = 10) -> Found:
        """Return the words whose vectors point most nearly where that of *word* does.

        Raises
        ------
        DataError
            If the word is not in the vocabulary.
        """
        return self._closest(self._vector(word), {word}, count)

    def analogy(self, first: str, second: str, third: str, count: int = 10) -> Found:
        """Return what is to *third* as *second* is to *first*: near second - first + third.

        References
        ----------
        .. [1] Mikolov, Yih & Zweig, "Linguistic Regularities in Continuous Space Word
           Representations", NAACL 2013.

        Raises
        ------
        DataError
            If a word is not in the vocabulary.
        """
        a, b, c = (self._vector(word) for word in (first, second, third))
        return self._closest(b - a + c, {first, second, third}, count)

    def _vector(self, word: str) -> NDArray[np.float64]:
        if word not in self._numbers:
            raise DataError(
                f'{word!r} is not in the vocabulary of {len(self._vocabulary)} tokens'
                f'{did_you_mean(word, self._vocabulary)}.'
            )
        vector: NDArray[np.float64] = self._vectors[self._numbers[word]]
        return vector

    def _closest(self, vector: NDArray[np.float64], known: set[str], count: int) -> Found:
        cosines = self._vectors @ vector / max(float(np.linalg.norm(vector)), 1e-12)
        ordered = ((self._vocabulary[n], float(cosines[n])) for n in np.argsort(-cosines))
        rest = [pair for pair in ordered if pair[0] not in known and pair[0] not in MARKS]
        return rest[:count]
