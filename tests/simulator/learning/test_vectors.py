"""Word vectors compared, and greedy decoding."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Task, gru, linear, lstm, ngram, transformer
from simulator.learning.decoding import answers, continued
from simulator.learning.vectors import WordVectors

NAMES = ['<unknown>', '<mask>', 'king', 'queen', 'man', 'woman', 'bread']
ROYAL, FEMALE, FOOD = np.eye(3)
VECTORS = np.array(
    [ROYAL * 0, FOOD, ROYAL, ROYAL + FEMALE, 0.1 * ROYAL, FEMALE + 0.1 * ROYAL, FOOD]
)
NEXT = Task((6,), 7, tokens=7, steps=6, causal=True)


def test_nearest_is_by_angle_whatever_the_length():
    words = WordVectors(NAMES, VECTORS)
    assert words.nearest('king', 1) == [('man', pytest.approx(1.0))]
    longer = WordVectors(NAMES, VECTORS * np.arange(1, 8)[:, None])
    assert [w for w, _ in longer.nearest('king')] == [w for w, _ in words.nearest('king')]


def test_marks_and_the_words_asked_for_are_no_answers():
    words = WordVectors(NAMES, VECTORS)
    assert {w for w, _ in words.nearest('bread')} == set(NAMES) - {'<unknown>', '<mask>', 'bread'}


def test_a_queen_is_to_a_king_as_a_woman_to_a_man():
    assert WordVectors(NAMES, VECTORS).analogy('king', 'queen', 'man', 1)[0][0] == 'woman'


def test_a_word_outside_the_vocabulary_is_told_of():
    with pytest.raises(DataError, match=r"'kinng' is not in the vocabulary of 7 tokens.*king"):
        WordVectors(NAMES, VECTORS).nearest('kinng')


def test_a_model_brings_its_vectors():
    model = lstm(NEXT, embedding=3)
    parameters = model.init(np.random.default_rng(0))
    parameters[model.layers[0].place] = VECTORS.ravel()
    assert WordVectors.of(model, parameters, NAMES).nearest('king', 1)[0][0] == 'man'
    with pytest.raises(DataError, match='no vectors of words'):
        WordVectors.of(linear(Task((8, 8), 10)), np.zeros(650), NAMES)


@pytest.mark.parametrize('make', [lstm, gru, transformer])
def test_each_token_is_the_likeliest_after_those_before_it(make):
    rng = np.random.default_rng(1)
    model = make(NEXT)
    parameters = model.init(rng)
    found = continued(model, parameters, NEXT, np.array([3, 1]), 7)
    assert found[:2].tolist() == [3, 1]
    for end in range(2, 9):
        seen = found[max(0, end - 6) : end]
        outputs = model.outputs(parameters[None], seen[None, None])[0, 0]
        assert found[end] == outputs[-1].argmax()


@pytest.mark.parametrize('options', [{}, {'arrangement': 'encoder_decoder'}])
def test_an_answer_is_told_its_own_words(options):
    rng = np.random.default_rng(2)
    task = Task((7,), 6, tokens=6, steps=3, causal=True, source=4)
    model = lstm(task, **options)
    parameters, inputs = model.init(rng), rng.integers(0, 6, (5, 7))
    found = answers(model, parameters, task, inputs)
    told = inputs.copy()
    told[:, 5:] = found[:, :-1]
    assert (model.outputs(parameters[None], told[None])[0].argmax(axis=-1) == found).all()
    other = inputs.copy()
    other[:, 5:] = 0
    assert (answers(model, parameters, task, other) == found).all()


def test_what_can_not_be_decoded_is_refused():
    model = ngram(NEXT)
    with pytest.raises(DataError, match='nothing to continue'):
        continued(model, model.init(None), NEXT, np.array([], int), 3)
    with pytest.raises(DataError, match='no source'):
        answers(model, model.init(None), NEXT, np.zeros((1, 6), int))
    with pytest.raises(DataError, match='does not tell next tokens'):
        continued(model, model.init(None), Task((8, 8), 10), np.zeros(1, int), 3)
