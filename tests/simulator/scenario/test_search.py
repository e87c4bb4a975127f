"""`search:` in a scenario: what it draws, whom it concerns, and what is wrong with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario.search import SEARCH_LAWS, Search, drawn

RATE = '{log_uniform: {low: 0.01, high: 1}}'


def searching(over, more=''):
    return f'search: {{over: {{{over}}}{more}}}\n'


@given(st.integers(2, 500), st.integers(2, 5), st.integers(1, 6))
@settings(max_examples=50)
def test_rungs_shrink_as_their_share_grows(trials, keep, rungs):
    shares = Search(over={'learning.batch': [1, 2]}, trials=trials, keep=keep, rungs=rungs).shares()
    counts = [count for count, _ in shares]
    assert counts[0] == trials and len(counts) <= rungs
    assert counts == sorted(counts, reverse=True) and counts[-1] >= 1
    assert [share for _, share in shares] == [keep**-k for k in reversed(range(len(counts)))]


def test_laws_stay_between_their_ends():
    rng = np.random.default_rng(0)
    law = SEARCH_LAWS.read({'log_uniform': {'low': 1e-3, 'high': 10.0}})
    values = [drawn(law, rng) for _ in range(2000)]
    assert min(values) > 1e-3 and max(values) < 10
    # a decade is as likely as the next
    assert np.histogram(np.log10(values), bins=4, range=(-3, 1))[0].min() > 400
    law = SEARCH_LAWS.read({'integers': {'low': 2, 'high': 4}})
    assert {drawn(law, rng) for _ in range(100)} == {2, 3, 4}
    assert {drawn(['a', 'b'], rng) for _ in range(50)} == {'a', 'b'}


def test_each_run_is_tuned_over_the_keys_that_concern_it(runs):
    more = searching(
        f'learning.optimizer.sgd.rate: {RATE}, learning.optimizer.adam.rate: {RATE}, '
        'learning.batch: [8, 32]'
    )
    more += 'variants: {a: {}, b: {learning: {optimizer: {adam: {rate: 0.1}}}}}\n'
    one, other = runs(more)
    assert list(one.search.over) == ['learning.optimizer.sgd.rate', 'learning.batch']
    assert list(other.search.over) == ['learning.optimizer.adam.rate', 'learning.batch']
    assert 'search' not in one.resolved
    # what they share is set to the same
    assert one.search.settings(3)['learning.batch'] == other.search.settings(3)['learning.batch']


def test_the_command_line_may_change_a_search(runs):
    more = searching(f'learning.optimizer.sgd.rate: {RATE}')
    [spec] = runs(more, sets=['search.trials=5', 'search.over.learning.batch=[4, 8]'])
    assert spec.search.trials == 5
    assert list(spec.search.over) == ['learning.optimizer.sgd.rate', 'learning.batch']


@pytest.mark.parametrize(
    ('text', 'told'),
    [
        (searching(f'learning.optimizer.adam.rate: {RATE}'), 'concerns no variant'),
        (searching(f'learning.optimizer.sgd.rat: {RATE}'), 'no such key'),
        (
            searching('learning.optimizer.sgd.rate: {uniform: {low: -1, high: 1}}'),
            'must be more than 0',
        ),
        (searching('learning.optimizer.sgd.rate: {uniform: {low: 2, high: 1}}'), 'must be less'),
        (searching('learning.optimizer.sgd.rate: {normal: {low: 2}}'), 'search.over'),
        (searching('learning.batch: [8]'), 'search.over.learning.batch'),
        (searching('seed: [1, 2]'), 'search.over.seed: can not be tuned'),
        (searching(''), 'search.over'),
        (searching(f'learning.optimizer.sgd.rate: {RATE}', ', trials: 1'), 'search.trials'),
        (
            searching(f'learning.optimizer.sgd.rate: {RATE}', ', minimize: time_to_target'),
            'search.minimize: time_to_target needs a target',
        ),
        (
            searching(f'learning.optimizer.sgd.rate: {RATE}', ', minimize: val_loss'),
            'val_loss needs learning.validation',
        ),
        ('vary: {search.trials: [2, 3]}\n', 'can not be varied'),
    ],
)
def test_what_is_wrong_is_told_with_its_line(small, wrong, text, told):
    found = wrong(small + text)
    assert len(found) == 1, found
    assert told in found[0]
    assert found[0].startswith(f'x.yaml:{len(small.splitlines()) + 1}:')
