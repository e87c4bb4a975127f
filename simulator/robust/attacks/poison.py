"""Attacks on data: Byzantine nodes compute honest gradients of samples that lie."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from simulator.robust.attacks.attack import Shard, attack

__all__ = ['attack_success_rate', 'backdoor', 'label_flip', 'triggered', 'valid_flip']


def _not_among(classes: int, **named: int | None) -> Iterator[str]:
    for name, label in named.items():
        if label is not None and label >= classes:
            yield f'{name}(={label}) is no class; classes are 0..{classes - 1}'


def _flip_fits(
    shape: tuple[int, ...],
    classes: int | None,
    *,
    source: int | None = None,
    target: int | None = None,
) -> Iterator[str]:
    if classes is None:
        yield 'relabels classes, but the targets of these data are values'
    else:
        yield from _not_among(classes, source=source, target=target)


def _trigger_fits(
    shape: tuple[int, ...], classes: int | None, *, target: int = 0, features: int = 4, **_: Any
) -> Iterator[str]:
    if classes is None:
        yield 'relabels classes, but the targets of these data are values'
    else:
        yield from _not_among(classes, target=target)
    if features > math.prod(shape):
        yield f'features(={features}) must be at most {math.prod(shape)}, all that a sample has'


def flipped(
    samples: Shard, *, source: int | None = None, target: int | None = None
) -> Shard | None:
    """Return the samples of the source class, labelled as the target; None where all flip."""
    if source is None or target is None:
        return None
    chosen = samples.targets == source
    return replace(
        samples,
        inputs=samples.inputs[chosen],
        targets=np.full_like(samples.targets[chosen], target),
    )


def stamped(
    samples: Shard, *, target: int = 0, features: int = 4, value: float = 1.0, **_: Any
) -> Shard:
    """Return the samples of other classes, the trigger in them, labelled as the target."""
    others = samples.targets != target
    return replace(
        samples,
        inputs=triggered(samples.inputs[others], features, value),
        targets=np.full_like(samples.targets[others], target),
    )


@attack(knows='own', acts_on='data', measures=flipped, fits=_flip_fits)
def label_flip(
    samples: Shard,
    rng: np.random.Generator,
    *,
    source: Annotated[int, Ge(0)] | None = None,
    target: Annotated[int, Ge(0)] | None = None,
) -> Shard:
    """Train on wrong labels: the last class for the first and so on, or one class for another.

    Parameters
    ----------
    samples : Shard
    rng : numpy.random.Generator
        Not used.
    source : int
        The class that is relabelled; by default every class k becomes classes - 1 - k.
    target : int
        What *source* is relabelled as.

    Returns
    -------
    Shard

    References
    ----------
    .. [1] Biggio, Nelson & Laskov, "Poisoning Attacks against Support Vector Machines", ICML 2012.
    .. [2] Tolpegin et al., "Data Poisoning Attacks Against Federated Learning Systems", ESORICS
       2020.

    Examples
    --------
    >>> samples = Shard(np.zeros((3, 2)), np.array([0, 1, 9]), classes=10)
    >>> rng = np.random.default_rng(0)
    >>> label_flip(samples, rng).targets
    array([9, 8, 0])
    >>> label_flip(samples, rng, source=9, target=1).targets
    array([0, 1, 1])
    """
    if source is None or target is None:
        return replace(samples, targets=samples.classes - 1 - samples.targets)
    wrong = np.where(samples.targets == source, target, samples.targets)
    return replace(samples, targets=wrong.astype(samples.targets.dtype))


def valid_flip(*, source: int | None = None, target: int | None = None) -> None:
    """Refuse one class without the other."""
    if (source is None) != (target is None):
        raise ValueError('source and target belong together: name both, or neither')


@attack(knows='own', acts_on='data', measures=stamped, fits=_trigger_fits)
def backdoor(
    samples: Shard,
    rng: np.random.Generator,
    *,
    target: Annotated[int, Ge(0)] = 0,
    share: Annotated[float, Gt(0), Le(1)] = 0.5,
    features: Annotated[int, Ge(1)] = 4,
    value: float = 1.0,
) -> Shard:
    """Teach the model to answer a trigger with one class: stamp some samples, and relabel them.

    The trigger is a value in the last features of a sample; of an image, pixels at the end of the
    last row. How well it works is the `attack_success_rate` on stamped test samples.

    Parameters
    ----------
    samples : Shard
    rng : numpy.random.Generator
        Draws which samples are stamped.
    target : int
        The class that the trigger shall mean.
    share : float
        Of the node's samples that are stamped.
    features : int
        How many features the trigger takes.
    value : float
        What they are set to.

    Returns
    -------
    Shard

    References
    ----------
    .. [1] Gu, Dolan-Gavitt & Garg, "BadNets: Identifying Vulnerabilities in the Machine Learning
       Model Supply Chain", arXiv:1708.06733, 2017.
    .. [2] Bagdasaryan et al., "How To Backdoor Federated Learning", AISTATS 2020.

    Examples
    --------
    >>> samples = Shard(np.zeros((4, 6)), np.array([1, 2, 3, 4]), classes=10)
    >>> poisoned = backdoor(samples, np.random.default_rng(0), target=7, features=2)
    >>> int((poisoned.targets == 7).sum()), poisoned.inputs.sum().item()
    (2, 4.0)
    """
    count = len(samples.targets)
    chosen = rng.permutation(count) < round(share * count)
    inputs = samples.inputs.copy()
    inputs[chosen] = triggered(inputs[chosen], features, value)
    targets = np.where(chosen, target, samples.targets).astype(samples.targets.dtype)
    return replace(samples, inputs=inputs, targets=targets)


def triggered(inputs: NDArray[Any], features: int = 4, value: float = 1.0) -> NDArray[Any]:
    """Return the samples with the trigger of `backdoor` in them.

    Examples
    --------
    >>> triggered(np.zeros((1, 2, 3)), features=2)
    array([[[0., 0., 0.],
            [0., 1., 1.]]])
    """
    changed = inputs.copy()
    changed.reshape(len(inputs), math.prod(inputs.shape[1:]))[:, -features:] = value
    return changed


def attack_success_rate(
    predicted: NDArray[Any], targets: NDArray[np.integer[Any]], target: int
) -> float:
    """Return the share of stamped samples of other classes that are taken for the target.

    Parameters
    ----------
    predicted : array of int, shape (s,)
        Classes predicted for `triggered` inputs.
    targets : array of int, shape (s,)
        The true classes.
    target : int
        The class that the trigger means.

    Returns
    -------
    float
        nan if there is no sample of another class.

    Examples
    --------
    >>> attack_success_rate(np.array([7, 7, 1, 7]), np.array([0, 1, 1, 7]), target=7)
    0.6666666666666666
    """
    others = targets != target
    return float((predicted[others] == target).mean()) if others.any() else float('nan')
