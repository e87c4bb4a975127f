"""What one asks the language model of a finished run."""

import pytest
from click.testing import CliRunner

from simulator.cli import main

SCENARIO = """\
name: small
stop: {rounds: 2}
cluster: {topology: {star: {workers: 2}}}
learning:
  data: {text: {unit: words, length: 8, vocabulary: 40, samples: 60}}
  model: {gru: {hidden: [8], embedding: 4}}
  optimizer: {sgd: {rate: 0.1}}
training: all_reduce
"""


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The folder of a run that has trained a small model of words."""
    place = tmp_path_factory.mktemp('words')
    (place / 'small.yaml').write_text(SCENARIO)
    told = CliRunner().invoke(
        main, ['run', str(place / 'small.yaml'), '--out', str(place / 'runs'), '--no-report']
    )
    assert told.exit_code == 0, told.stderr
    return str(place / 'runs')


def bosphorus(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_nearest_words_come_first(run):
    result = bosphorus('words', run, 'the', '--count', '5')
    assert result.exit_code == 0
    cosines = [float(line.split()[0]) for line in result.stdout.splitlines()]
    assert len(cosines) == 5
    assert cosines == sorted(cosines, reverse=True)


def test_three_words_are_an_analogy(run):
    result = bosphorus('words', run, 'the', 'a', 'is')
    assert len(result.stdout.splitlines()) == 10
    assert not {'the', 'a', 'is'} & {line.split()[1] for line in result.stdout.splitlines()}


def test_a_text_is_continued(run):
    result = bosphorus('complete', run, 'The value of', '--tokens', '4')
    assert result.exit_code == 0
    assert result.stdout.startswith('the ')
    assert len(result.stdout.split()) == 3 + 4


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [(['strangeness'], 'is not in the vocabulary'), (['the', 'a'], 'give one word, or three')],
)
def test_what_can_not_be_told_is_explained(run, arguments, message):
    result = bosphorus('words', run, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_without_runs_is_told_of(tmp_path):
    result = bosphorus('words', str(tmp_path), 'the')
    assert result.exit_code == 2
    assert 'holds no finished run' in result.stderr
