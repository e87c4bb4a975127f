"""The family of errors: how problems are told, and that they survive a process boundary."""

import pickle

import pytest

from simulator import errors
from simulator.errors import BosphorusError, Problem, ScenarioError, did_you_mean


def test_every_error_belongs_to_the_family():
    raised = [getattr(errors, name) for name in errors.__all__ if name.endswith('Error')]
    assert all(issubclass(error, BosphorusError) for error in raised)


def test_problems_are_told_in_the_order_of_the_file_and_once():
    late = Problem('late', 'seed', 'a.yaml', 10, 1)
    early = Problem('early', 'stop', 'a.yaml', 9, 5)
    assert str(ScenarioError([late, early, late])) == (
        'a.yaml:9:5: error: stop: early\na.yaml:10:1: error: seed: late'
    )


def test_a_text_is_one_problem():
    assert str(ScenarioError('too big')) == 'error: too big'


def test_problems_survive_pickling():
    error = ScenarioError([Problem('bad', 'seed', 'a.yaml', 1, 2)])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems  # noqa: S301


@pytest.mark.parametrize(
    ('word', 'hint'),
    [
        ('topolgy', ", did you mean 'topology'?"),
        ('TOPOLOGY', ", did you mean 'topology'?"),
        ('zzz', '; there are link, topology'),
    ],
)
def test_hints(word, hint):
    assert did_you_mean(word, ['topology', 'link']) == hint
