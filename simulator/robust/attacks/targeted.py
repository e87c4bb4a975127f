"""Attacks made for one kind of rule, or for gossip."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt

from simulator.errors import ScenarioError
from simulator.robust.aggregation.distances import coordinates, squared_distances
from simulator.robust.aggregation.krum import krum_order
from simulator.robust.arrays import Vector, Vectors
from simulator.robust.attacks.attack import View, attack
from simulator.robust.attacks.search import most_harmful

__all__ = ['dissensus', 'fang', 'mimic', 'one_coordinate']

SMALLEST = 1e-5
"""Fang's search against Krum gives up at this share of where it began."""


@attack()
def mimic(view: View, *, worker: Annotated[int, Ge(0)] | None = None) -> Vector:
    """Copy one honest node, so that it counts too often: harmful where data are unlike.

    Parameters
    ----------
    view : View
    worker : int
        Which honest node, among the honest; by default the one that stands out most along the
        direction of largest variance of this step.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Karimireddy, He & Jaggi, "Byzantine-Robust Learning on Heterogeneous Datasets via
       Bucketing", ICLR 2022.

    Examples
    --------
    >>> mimic(View(honest=np.array([[1.0], [2.0], [9.0]]), own=np.zeros((2, 1))))
    array([[9.],
           [9.]])
    """
    if worker is not None:
        return np.asarray(view.honest[worker % len(view.honest)])
    points = coordinates(view.honest)
    away = points - points.mean(axis=0)
    top = np.linalg.eigh(away.T @ away)[1][:, -1]
    return np.asarray(view.honest[np.argmax(np.abs(away @ top))])


@attack()
def fang(
    view: View,
    *,
    against: Literal['krum', 'trimmed_mean'] = 'trimmed_mean',
    spread: Annotated[float, Gt(1)] = 2.0,
) -> Vectors:
    """Push each coordinate against the sign of the honest mean, as far as a rule lets it.

    Against Krum all send -length sign(mean), with the largest length, found by halving, at which
    Krum picks one of them. Against the trimmed mean or the median each sends, in each coordinate,
    a number drawn beyond the honest extreme that lies against the mean: up to *spread* times as
    far from 0, or as near.

    Parameters
    ----------
    view : View
    against : {'krum', 'trimmed_mean'}
        What it is made for; trimmed_mean serves against the median, too.
    spread : float
        The paper's b.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] Fang et al., "Local Model Poisoning Attacks to Byzantine-Robust Federated Learning",
       USENIX Security 2020.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sent = fang(View(np.array([[1.0, -4.0], [2.0, -3.0]]), own=np.zeros((1, 2)), rng=rng))
    >>> bool(0.5 <= sent[0, 0] <= 1), bool(-3 <= sent[0, 1] <= -1.5)
    (True, True)
    """
    return _against_krum(view) if against == 'krum' else _beyond_extremes(view, spread)


def _beyond_extremes(view: View, spread: float) -> Vectors:
    low, high = view.honest.min(axis=0), view.honest.max(axis=0)
    # a positive mean is answered from below, a negative one from above
    down = view.mean > 0
    edge = np.where(down, low, high)
    farther = np.where(down == (edge < 0), edge * spread, edge / spread)
    shares = view.draws().random(view.own.shape)
    return np.asarray(edge + shares * (farther - edge))


def _against_krum(view: View) -> Vector:
    signs = -np.sign(view.mean)
    length = start = _longest(view)
    while length > SMALLEST * start and not _krum_falls_for(view, length * signs):
        length /= 2
    return np.asarray(length * signs)


def _longest(view: View) -> float:
    """Return the paper's bound: beyond it Krum can't pick a liar."""
    distances = np.sqrt(squared_distances(view.honest))
    neighbours = max(1, view.n - view.f - 2)
    nearest = np.sort(distances, axis=1)[:, 1 : neighbours + 1].sum(axis=1)
    farthest = np.sqrt(np.einsum('ij,ij->i', view.honest, view.honest).max())
    free = max(1, view.n - 2 * view.f - 1)
    return float((nearest.min() / free + farthest) / np.sqrt(view.honest.shape[1]))


def _krum_falls_for(view: View, lie: Vector) -> bool:
    neighbours = max(1, view.n - view.f - 2)
    picked = krum_order(squared_distances(view.received(lie)), neighbours)[0]
    return bool(picked >= view.n - view.f)


@attack(tries_rule=True)
def one_coordinate(
    view: View,
    *,
    coordinate: Annotated[int, Ge(0)] = 0,
    amount: float | None = None,
    evaluations: Annotated[int, Ge(1)] = 24,
) -> Vector:
    """Send the honest mean with one coordinate moved far: it hides in the length of the rest.

    In d dimensions honest vectors are about sqrt(2 d) deviations apart, and a rule that looks at
    distances alone lets one coordinate move by as much.

    Parameters
    ----------
    view : View
    coordinate : int
        Which one.
    amount : float
        By how much; by default the most harmful that a search against the rule in use finds.
    evaluations : int
        How often the rule is tried out in each step.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] El Mhamdi, Guerraoui & Rouault, "The Hidden Vulnerability of Distributed Learning in
       Byzantium", ICML 2018.

    Examples
    --------
    >>> one_coordinate(View(honest=np.ones((3, 4)), own=np.ones((1, 4))), amount=5.0)
    array([[6., 1., 1., 1.]])
    """
    mean = view.mean.astype(np.float64)
    index = coordinate % len(mean)
    direction = np.zeros_like(mean)
    direction[index] = 1.0
    if amount is not None:
        return np.asarray(mean + amount * direction)
    # begin at the deviation of that coordinate: the search doubles from there
    direction *= float(view.deviation[index]) or 1.0
    return most_harmful(view, mean, direction, evaluations)


@attack(needs_receiver=True)
def dissensus(view: View, *, epsilon: Annotated[float, Gt(0)] = 1.0) -> Vector:
    """Pull the receiver away from its honest neighbours, by as much as they pull it (gossip).

    With weights W of the receiver i, each Byzantine neighbour sends
    x_i - epsilon sum over honest k of W_ik (x_k - x_i) / sum over Byzantine j of W_ij: at
    epsilon = 1 plain gossip stays where it is, beyond it runs apart.

    Parameters
    ----------
    view : View
        With a receiver.
    epsilon : float
        Share of the honest pull that is taken back.

    Returns
    -------
    array, shape (b, d)

    References
    ----------
    .. [1] He, Karimireddy & Jaggi, "Byzantine-Robust Decentralized Learning via ClippedGossip",
       arXiv:2202.01545, 2022.

    Examples
    --------
    >>> honest = np.array([[1.0], [3.0]])
    >>> dissensus(View(honest, own=np.zeros((1, 1)), receiver=np.array([1.0])))
    array([[-1.]])
    """
    if view.receiver is None:
        raise ScenarioError('dissensus: acts between peers; a server has no vector of its own')
    weights = np.ones(len(view.honest) + view.f) if view.weights is None else view.weights
    honest = weights[: len(view.honest)]
    pull = honest @ (view.honest - view.receiver)
    return np.asarray(view.receiver - epsilon * pull / weights[len(view.honest) :].sum())
