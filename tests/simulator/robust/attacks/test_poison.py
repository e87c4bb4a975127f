"""Attacks on data."""

import numpy as np
import pytest

from simulator.robust.attacks import (
    ATTACKS,
    Shard,
    attack_success_rate,
    backdoor,
    label_flip,
    triggered,
)


@pytest.fixture
def samples(rng):
    return Shard(rng.random((100, 8, 8)), rng.integers(0, 10, 100), classes=10)


def test_flipping_all_labels_twice_changes_nothing(samples, rng):
    once = label_flip(samples, rng)
    assert (once.targets == 9 - samples.targets).all()
    assert (label_flip(once, rng).targets == samples.targets).all()
    assert once.inputs is samples.inputs


def test_flipping_one_class_leaves_the_others(samples, rng):
    flipped = label_flip(samples, rng, source=3, target=8).targets
    assert (flipped[samples.targets == 3] == 8).all()
    assert (flipped[samples.targets != 3] == samples.targets[samples.targets != 3]).all()


def test_one_class_alone_is_refused():
    with pytest.raises(ValueError, match='belong together'):
        ATTACKS.read({'label_flip': {'source': 3}})


def test_stamped_samples_carry_trigger_and_label_and_the_others_nothing(samples, rng):
    poisoned = backdoor(samples, rng, target=7, share=0.3, features=3, value=2.0)
    stamped = (poisoned.inputs[:, 7, 5:] == 2).all(axis=1)
    assert stamped.sum() == 30
    assert (poisoned.targets[stamped] == 7).all()
    assert (poisoned.targets[~stamped] == samples.targets[~stamped]).all()
    assert (poisoned.inputs[~stamped] == samples.inputs[~stamped]).all()
    assert (triggered(samples.inputs, 3, 2.0)[stamped] == poisoned.inputs[stamped]).all()


def test_success_counts_samples_of_other_classes_only():
    truth = np.array([0, 1, 2, 7, 7])
    assert attack_success_rate(np.array([7, 7, 2, 7, 7]), truth, 7) == pytest.approx(2 / 3)
    assert attack_success_rate(truth, truth, 7) == 0
    assert np.isnan(attack_success_rate(truth[3:], truth[3:], 7))


def test_a_model_learns_the_backdoor_and_keeps_its_accuracy(rng):
    """A linear model by least squares on blobs: enough to learn a trigger."""
    centres = 3 * rng.standard_normal((4, 20))
    labels = rng.integers(0, 4, 2000)
    clean = Shard(centres[labels] + rng.standard_normal((2000, 20)), labels, classes=4)
    poisoned = backdoor(clean, rng, target=2, share=0.3, features=2, value=15.0)
    inputs = np.hstack([poisoned.inputs, np.ones((2000, 1))])
    model = np.linalg.lstsq(inputs, np.eye(4)[poisoned.targets], rcond=None)[0]

    def predicted(inputs):
        return (np.hstack([inputs, np.ones((len(inputs), 1))]) @ model).argmax(axis=1)

    assert (predicted(clean.inputs) == labels).mean() > 0.9
    stamped = predicted(triggered(clean.inputs, 2, 15.0))
    assert attack_success_rate(stamped, labels, 2) > 0.9
