"""Sequences drawn at random, and sequences that are none."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.data.dataset import Samples
from simulator.learning.data.memory import adding, copy, parity
from simulator.learning.data.sequences import sequences
from simulator.learning.data.waves import sine
from simulator.learning.task import Task


def rng():
    return np.random.default_rng(3)


def test_what_is_to_be_copied_stands_at_the_beginning():
    data = copy(rng(), symbols=5, length=3, gap=4)
    inputs, targets = data.train
    assert (inputs[:, :3] == targets).all()
    assert (inputs[:, 3:7] == 0).all()
    assert (inputs[:, 7] == 1).all()
    assert (inputs[:, 8:] == 0).all()
    assert data.task == Task((10,), 7, tokens=7, steps=3, causal=True, source=7)


def test_a_decoder_is_told_the_symbol_before():
    inputs, targets = copy(rng(), length=3, gap=2, told=True).train
    assert (inputs[:, 6:] == targets[:, :-1]).all()


def test_one_number_of_each_half_is_marked():
    (numbers, marks), targets = np.moveaxis(adding(rng(), length=7).train.inputs, 2, 0), None
    assert (marks[:, :3].sum(axis=1) == 1).all()
    assert (marks[:, 3:].sum(axis=1) == 1).all()
    targets = adding(rng(), length=7).train.targets
    assert (numbers * marks).sum(axis=1) == pytest.approx(targets[:, 0])
    assert np.var(targets) == pytest.approx(1 / 6, rel=0.1)


@pytest.mark.parametrize('each_step', [False, True])
def test_parity_is_of_the_bits_that_are_there(each_step):
    inputs, targets = parity(rng(), length=6, shortest=2, each_step=each_step).train
    assert {int(n) for n in (inputs >= 0).sum(axis=1)} == {2, 3, 4, 5, 6}
    for row, target in zip(inputs, targets, strict=True):
        bits = row[row >= 0]
        so_far = np.cumsum(bits) % 2
        if each_step:
            assert target.tolist() == [*so_far, *[-1] * (6 - len(bits))]
        else:
            assert target == so_far[-1]


def test_a_wave_turns_by_the_same_angle_at_each_step():
    inputs, targets = sine(rng(), noise=0, length=8).train
    wave = np.concatenate([inputs, targets[:, -1:]], axis=1)[..., 0].astype(float)
    ratio = (wave[:, 2:] + wave[:, :-2]) / (2 * wave[:, 1:-1])  # the cosine of the angle
    clear = np.abs(wave[:, 1:-1]) > 0.2
    for row, known in zip(ratio, clear, strict=True):
        assert row[known] == pytest.approx(row[known][0], abs=1e-4)


def test_what_continues_a_wave_is_told_the_value_before():
    data = sine(rng(), noise=0, length=8, form='continue')
    inputs, targets = data.train
    assert (inputs[:, 9:] == targets[:, :-1]).all()
    assert (inputs[:, 8] == inputs[:, 7]).all()
    assert (data.task.source, data.task.steps) == (8, 4)


def test_the_last_value_follows_the_sequence():
    shifted, last = sine(rng(), length=8).train, sine(rng(), length=8, form='last').train
    assert (shifted.inputs == last.inputs).all()
    assert (shifted.targets[:, -1] == last.targets).all()


def test_a_wave_may_be_asked_for_by_its_frequency_and_phase():
    inputs, targets = sine(rng(), length=8, form='generate').train
    assert inputs[:, 1] == pytest.approx(targets[:, 0, 0], abs=1e-6)


@pytest.mark.parametrize(
    ('rows', 'message'),
    [
        ([[0, 1, 5]], 'sequence 0 holds the token 5; tokens are numbered 0 to 4'),
        ([[0, 1, 2], [0, -2, 1]], 'sequence 1 holds the token -2'),
        ([[0, -1, 2]], 'has a gap'),
        ([[-1, -1, -1]], 'is empty'),
        (np.empty((0, 3), int), 'no sequences are left'),
    ],
)
def test_what_is_no_sequence_of_tokens_is_refused(rows, message):
    some = Samples(np.asarray(rows), np.zeros(len(rows), int))
    with pytest.raises(DataError, match=message):
        sequences('mine', Task((3,), 2, tokens=5), some, some)


def test_a_shortest_length_over_the_longest_is_refused():
    with pytest.raises(DataError, match=r'shortest\(=9\) is over length\(=4\)'):
        parity(rng(), length=4, shortest=9)
