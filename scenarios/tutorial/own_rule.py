"""A rule of one's own: the mean of the half of the vectors that lie nearest to their median."""

import numpy as np


def nearest_half(vectors):
    """Average the half of the vectors that lie nearest to the marginal median."""
    away = np.linalg.norm(vectors - np.median(vectors, axis=0), axis=1)
    return vectors[np.argsort(away, kind='stable')[: (len(vectors) + 1) // 2]].mean(axis=0)


BOSPHORUS = {'aggregation': {'nearest_half': nearest_half}}
