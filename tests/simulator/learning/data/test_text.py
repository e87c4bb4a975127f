"""Text as a data set."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.data.corpus import MASK, tokens_of, vocabulary_of
from simulator.learning.data.text import text

FABLE = 'The fox saw grapes. The grapes were high; the fox was not. ' * 8


def rng():
    return np.random.default_rng(5)


@pytest.fixture
def fable(tmp_path):
    file = tmp_path / 'fable.txt'
    file.write_text(FABLE, encoding='utf-8')
    return str(file)


def said(data, row):
    return [data.vocabulary[token] for token in row if token >= 0]


def test_the_next_token_stands_one_further_on(fable):
    data = text(rng(), path=fable, unit='words', length=10, vocabulary=50)
    assert said(data, data.train.inputs[0]) == tokens_of(FABLE, 'words', lower=True)[:10]
    for inputs, targets in zip(*data.train, strict=True):
        assert (inputs[1:] == targets[:-1]).all()


def test_the_last_window_is_padded_and_masked(fable):
    data = text(rng(), path=fable, length=31)
    length = len(tokens_of(FABLE, 'characters', lower=True))
    rest = (length - 1) % 31
    last = (data.train, data.test)[(length // 31) % 5 == 4]
    assert (last.inputs[-1] >= 0).sum() == rest + 1 or (last.inputs[-1] >= 0).sum() == rest
    assert (last.targets[-1] >= 0).sum() == rest
    assert ((last.targets == -1) == (np.roll(last.inputs, -1, axis=1) == -1))[-1, : rest + 1].all()


def test_rare_tokens_are_unknown(fable):
    data = text(rng(), path=fable, unit='words', length=10, vocabulary=5)
    assert data.vocabulary == ('<unknown>', '<mask>', 'the', '.', 'fox')
    assert (data.train.inputs == 0).mean() > 0.3


def test_ties_in_frequency_go_by_name():
    assert vocabulary_of('bbaac', 5)[2:] == ('a', 'b', 'c')


def test_what_is_masked_is_asked_for_and_nothing_else(fable):
    data = text(rng(), path=fable, ask='masked', length=20, hidden=0.3)
    plain = text(rng(), path=fable, ask='masked', length=20, hidden=1e-9)
    inputs, targets = data.train
    asked = targets >= 0
    assert asked.any(axis=1).all()
    assert 0.2 < asked.mean() < 0.4
    assert 0.7 < (inputs[asked] == MASK).mean() < 0.9
    truth = np.where(plain.train.targets >= 0, plain.train.targets, plain.train.inputs)
    assert (targets[asked] == truth[asked]).all()
    assert (inputs[~asked] == truth[~asked]).all()


def test_topics_are_told_by_number():
    data = text(rng(), ask='topic', topics=3, samples=200, unit='words', vocabulary=100)
    assert data.task.outputs == 3
    names = data.columns['topic']
    assert len(set(zip(names, data.train.targets, strict=True))) == 3


def test_a_column_tells_where_a_window_comes_from(fable):
    data = text(rng(), path=fable, length=10)
    assert set(data.columns['topic']) == {fable}
    assert (np.diff(data.columns['part']) >= 0).all()
    assert len(data.columns['part']) == len(data.train.inputs)


def test_fewer_windows_are_taken_from_all_over(fable):
    every, some = text(rng(), path=fable, length=8), text(rng(), path=fable, length=8, samples=20)
    assert len(some.train.inputs) + len(some.test.inputs) == 20
    assert said(some, some.train.inputs[0]) == said(every, every.train.inputs[0])


def test_the_hash_is_that_of_the_text(fable, tmp_path):
    other = tmp_path / 'other.txt'
    other.write_text(FABLE, encoding='utf-8')
    assert text(rng(), path=fable).sha256 == text(rng(), path=str(other)).sha256
    assert text(rng(), samples=50).sha256 != text(rng(), path=fable).sha256


@pytest.mark.parametrize(
    ('content', 'options', 'message'),
    [
        (b'', {}, 'no text'),
        (b' \n\t', {}, 'no text'),
        (b'abc', {}, 'too few'),
        (b'ab\xff', {}, 'byte 2 is 0xff'),
        (FABLE.encode(), {'ask': 'topic'}, 'holds 1 topics, not 8'),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, options, message):
    (tmp_path / 'mine.txt').write_bytes(content)
    with pytest.raises(DataError, match=message):
        text(rng(), path=str(tmp_path / 'mine.txt'), **options)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r'gone\.txt'):
        text(rng(), path=str(tmp_path / 'gone.txt'))
