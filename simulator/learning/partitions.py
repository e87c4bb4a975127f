"""How the training samples are dealt to the workers: alike, or each its own kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.errors import DataError, did_you_mean

__all__ = [
    'BY_COLUMN',
    'PARTITIONS',
    'Shards',
    'column',
    'dirichlet',
    'gamma_similarity',
    'iid',
    'quantity',
    'shards',
    'shared',
]

Labels = NDArray[Any]
Shards = list[NDArray[np.intp]]
"""The samples of each worker, by number, ascending."""

REDRAWS = 100
"""How often `dirichlet` draws again before it gives up."""


def iid(rng: np.random.Generator, labels: Labels, workers: int) -> Shards:
    """Deal the shuffled samples out in equal parts.

    Examples
    --------
    >>> parts = iid(np.random.default_rng(0), np.zeros(5), 2)
    >>> [len(part) for part in parts]
    [3, 2]
    """
    _check_enough(labels, workers)
    return _sorted(np.array_split(rng.permutation(len(labels)), workers))


def shared(_rng: np.random.Generator, labels: Labels, workers: int) -> Shards:
    """Give all samples to each worker: all draw from the same, as theory likes to assume.

    References
    ----------
    .. [1] Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient
       Descent", NeurIPS 2017 (workers that draw independently from one distribution).

    Examples
    --------
    >>> [part.tolist() for part in shared(np.random.default_rng(0), np.zeros(3), 2)]
    [[0, 1, 2], [0, 1, 2]]
    """
    _check_enough(labels, workers)
    return [np.arange(len(labels)) for _ in range(workers)]


def dirichlet(
    rng: np.random.Generator, labels: Labels, workers: int, *, alpha: Annotated[float, Gt(0)]
) -> Shards:
    """Split each class over the workers in proportions drawn from a Dirichlet law.

    A draw that leaves a worker empty is put back and drawn again, a hundred times at most; then
    the partition is refused.

    Parameters
    ----------
    alpha : float
        Concentration: large is near iid, below 1 most of a class goes to few workers.

    Raises
    ------
    DataError
        If some worker is still empty, or targets are not classes.

    References
    ----------
    .. [1] Yurochkin et al., "Bayesian Nonparametric Federated Learning of Neural Networks",
       ICML 2019.
    .. [2] Hsu, Qi & Brown, "Measuring the Effects of Non-Identical Data Distribution for
       Federated Visual Classification", arXiv:1909.06335, 2019.

    Examples
    --------
    >>> parts = dirichlet(np.random.default_rng(0), np.arange(90) % 3, 3, alpha=0.5)
    >>> sum(len(part) for part in parts)
    90
    """
    _check_enough(labels, workers)
    classes = _classes('dirichlet', labels)
    for _ in range(1 + REDRAWS):
        pieces = [_dealt(rng, members, rng.dirichlet([alpha] * workers)) for members in classes]
        parts = [np.concatenate(piece) for piece in zip(*pieces, strict=True)]
        if all(part.size for part in parts):
            return _sorted(parts)
    raise DataError(
        f'dirichlet: with alpha(={alpha:g}) one of {workers} workers was left without a sample in '
        f'each of {1 + REDRAWS} draws; raise alpha, or take fewer workers.'
    )


def shards(
    rng: np.random.Generator,
    labels: Labels,
    workers: int,
    *,
    per_worker: Annotated[int, Gt(0)] = 2,
) -> Shards:
    """Sort by class, cut into equal shards, and give each worker a few of them at random.

    Parameters
    ----------
    per_worker : int
        Shards of a worker: about as many classes as it will see.

    Raises
    ------
    DataError
        If there are fewer samples than shards, or targets are not classes.

    References
    ----------
    .. [1] McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized
       Data", AISTATS 2017.

    Examples
    --------
    >>> labels = np.arange(8) % 4
    >>> parts = shards(np.random.default_rng(0), labels, 4, per_worker=1)
    >>> sorted(labels[part].tolist() for part in parts)
    [[0, 0], [1, 1], [2, 2], [3, 3]]
    """
    _check_enough(labels, workers * per_worker)
    ordered = np.concatenate(_classes('shards', labels))
    cut = np.array_split(ordered, workers * per_worker)
    hands = rng.permutation(len(cut)).reshape(workers, per_worker)
    return _sorted([np.concatenate([cut[shard] for shard in hand]) for hand in hands])


def gamma_similarity(
    rng: np.random.Generator,
    labels: Labels,
    workers: int,
    *,
    gamma: Annotated[float, Ge(0), Le(1)],
) -> Shards:
    """Deal a share of the samples out evenly; sort the rest by class, and cut it into parts.

    Parameters
    ----------
    gamma : float
        The share dealt evenly: 1 is iid, 0 the extreme, where workers see a class or two each.

    Raises
    ------
    DataError
        If there are too few samples, or targets are not classes.

    References
    ----------
    .. [1] Karimireddy et al., "SCAFFOLD: Stochastic Controlled Averaging for Federated
       Learning", ICML 2020.

    Examples
    --------
    >>> labels = np.arange(8) % 2
    >>> parts = gamma_similarity(np.random.default_rng(0), labels, 2, gamma=0)
    >>> [labels[part].tolist() for part in parts]
    [[0, 0, 0, 0], [1, 1, 1, 1]]
    """
    _check_enough(labels, workers)
    _classes('gamma_similarity', labels)
    shuffled = rng.permutation(len(labels))
    even, rest = np.split(shuffled, [round(gamma * len(labels))])
    # what is left over goes to the last of one kind and the first of the other: no worker is empty
    ordered = np.array_split(rest[np.argsort(labels[rest], kind='stable')], workers)
    dealt = np.array_split(even, workers)[::-1]
    return _sorted([np.concatenate(both) for both in zip(dealt, ordered, strict=True)])


def quantity(
    rng: np.random.Generator, labels: Labels, workers: int, *, alpha: Annotated[float, Gt(0)]
) -> Shards:
    """Deal the shuffled samples out in parts of very different size.

    Each worker gets one, and of the rest a share drawn from a Dirichlet law.

    Parameters
    ----------
    alpha : float
        Concentration: large is near equal parts, below 1 few workers have most.

    References
    ----------
    .. [1] Li et al., "Federated Learning on Non-IID Data Silos: An Experimental Study",
       ICDE 2022.

    Examples
    --------
    >>> parts = quantity(np.random.default_rng(0), np.zeros(100), 4, alpha=0.5)
    >>> [len(part) for part in parts]
    [1, 41, 54, 4]
    """
    _check_enough(labels, workers)
    shuffled = rng.permutation(len(labels))
    rest = _dealt(rng, shuffled[workers:], rng.dirichlet([alpha] * workers))
    return _sorted([np.append(part, shuffled[worker]) for worker, part in enumerate(rest)])


def column(
    _rng: np.random.Generator, columns: Mapping[str, Labels], workers: int, *, name: str
) -> Shards:
    """Keep samples together that have the same value in a column of the data.

    Where there are more values than workers, the next largest group always goes to the worker
    that has the fewest samples.

    Parameters
    ----------
    name : str
        Column of a .csv file (`drop` keeps it out of the inputs), or array of an .npz file, such
        as the hospital or the writer that a sample comes from.

    Raises
    ------
    DataError
        If there is no such column, or it holds fewer values than there are workers.

    References
    ----------
    .. [1] Caldas et al., "LEAF: A Benchmark for Federated Settings", arXiv:1812.01097, 2018.

    Examples
    --------
    >>> ward = {'ward': np.array(['a', 'b', 'a', 'c', 'a'])}
    >>> [part.tolist() for part in column(np.random.default_rng(0), ward, 2, name='ward')]
    [[0, 2, 4], [1, 3]]
    """
    if name not in columns:
        raise DataError(
            f'column: these data have no column {name!r}{did_you_mean(name, columns)}; '
            'a .csv file has columns, and an .npz file arrays of one value a sample.'
        )
    values, groups, sizes = np.unique(columns[name], return_inverse=True, return_counts=True)
    if len(values) < workers:
        raise DataError(
            f'column: {name!r} holds {len(values)} values, not enough for {workers} workers; '
            'take fewer workers, or another column.'
        )
    hands: list[list[int]] = [[] for _ in range(workers)]
    for group in np.argsort(-sizes, kind='stable'):
        min(hands, key=lambda hand: sizes[hand].sum()).append(int(group))
    return [np.flatnonzero(np.isin(groups, hand)) for hand in hands]


BY_COLUMN = frozenset({'column'})
"""Partitions that are handed the data's columns in place of the classes."""

PARTITIONS: dict[str, Callable[..., Shards]] = {
    'iid': iid,
    'shared': shared,
    'dirichlet': dirichlet,
    'shards': shards,
    'gamma_similarity': gamma_similarity,
    'quantity': quantity,
    'column': column,
}


def _check_enough(labels: Labels, parts: int) -> None:
    if len(labels) < parts:
        raise DataError(
            f'partition: {len(labels)} training samples do not make {parts} parts; '
            'take fewer workers, or more data.'
        )


def _classes(name: str, labels: Labels) -> list[NDArray[np.intp]]:
    if labels.ndim != 1 or labels.dtype.kind not in 'iu':
        raise DataError(f'{name}: parts samples by class, but targets are values; take iid.')
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _dealt(
    rng: np.random.Generator, members: NDArray[np.intp], shares: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    # the last share takes what rounding leaves
    cuts = np.rint(np.cumsum(shares[:-1]) * len(members)).astype(np.intp)
    return np.split(rng.permutation(members), cuts)


def _sorted(parts: Sequence[NDArray[np.intp]]) -> Shards:
    return [np.sort(part) for part in parts]
