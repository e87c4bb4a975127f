"""Attacks on data in training: false samples, true draws, and how often they get what they want."""

import numpy as np
import pytest

from simulator.learning import Learning, blobs, digits, iid, linear
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training.adversary import Adversary, Liars, Moment, Window
from simulator.training.poisoning import wanted


def learning(data=blobs):
    return Learning.draw(data, iid, linear, workers=4, seeds=Seeds(7))


def poisoned(attack='label_flip', window=Window()):
    fresh = learning()
    mind = Adversary([Liars('workers', (1, 3), (ATTACKS.read(attack),), window)], Seeds(7))
    mind.poison(fresh, [0, 1, 2, 3])
    return fresh, mind


def test_liars_compute_gradients_of_false_samples_all_others_of_true_ones():
    true, (false, _) = learning(), poisoned()
    pairs = [(true.request(k, true.initial), false.request(k, true.initial)) for k in range(4)]
    same = [bool((one.value == other.value).all()) for one, other in pairs]
    assert same == [True, False, True, False]


def test_the_mini_batches_are_those_that_would_have_been_drawn():
    true, (false, _) = learning(), poisoned()
    one, other = (each.next_batches(1, 3)[0] for each in (true, false))
    inputs = false.pool.samples.inputs
    assert (inputs[one] == inputs[other]).all()
    flipped = true.data.task.outputs - 1 - true.data.train.targets[one]
    assert (false.pool.samples.targets[other] == flipped).all()


def test_the_data_set_stays_what_it_is():
    true, (false, _) = learning(), poisoned()
    assert false.data is not None
    assert false.samples_per_epoch == true.samples_per_epoch
    assert false.training_loss(true.initial) == true.training_loss(true.initial)


def test_they_lie_in_their_window_only():
    true, (false, mind) = learning(), poisoned(window=Window(Moment(1), Moment(2)))
    same = []
    for done in range(3):
        mind.begins(1, 1, done, now=0.0)
        batches = [each.next_batches(1, 1)[0] for each in (true, false)]
        same.append(bool((batches[0] == batches[1]).all()))
    assert same == [True, False, True]


@pytest.mark.parametrize(
    ('attack', 'count'),
    [('backdoor', 1), ({'label_flip': {'source': 1, 'target': 7}}, 1), ('label_flip', 0)],
    ids=str,
)
def test_what_an_attack_wants_of_test_samples(attack, count):
    found = list(wanted(learning(digits), [ATTACKS.read(attack)]))
    assert len(found) == count
    for samples in found:
        assert len(np.unique(samples.targets)) == 1


def test_a_back_door_opens():
    doors = {'backdoor': {'target': 3, 'share': 1.0, 'value': 5.0}}
    fresh = learning(digits)
    mind = Adversary([Liars('workers', (0, 1, 2, 3), (ATTACKS.read(doors),))], Seeds(7))
    mind.poison(fresh, [0, 1, 2, 3])
    model = fresh.initial
    for _ in range(60):
        model = model - 0.1 * np.mean([fresh.request(k, model).value for k in range(4)], axis=0)
    [samples] = wanted(fresh, [ATTACKS.read(doors)])
    assert fresh.evaluate_on(samples, model).accuracy > 0.95
    assert fresh.evaluate_on(samples, fresh.initial).accuracy < 0.5
