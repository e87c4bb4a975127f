"""Groups as a table of rules and attacks."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

from analysis.grids import arrange_grid
from analysis.groups import group
from analysis.load import load
from analysis.metrics import final

RULES = [{'mean': {}}, {'krum': {'f': 1}}, {'krum': {'f': 2}}]
ATTACKS = [{'zero': {}}, {'mimic': {'worker': 1}}]


@pytest.fixture
def groups(make, tmp_path):
    def write(cells):
        for k, (rule, attack, accuracy) in enumerate(cells):
            section = {'workers': {'count': 1, 'attack': [attack]}} if attack else {}
            scenario = {
                'name': 'a',
                'training': {'parameter_server': {'aggregation': rule}},
                'adversary': section,
                'k': k,
            }
            make(
                tmp_path / f'{k}',
                scenario=json.dumps(scenario),
                manifest={'variant': str(k), 'order': k},
                summary={'test_accuracy': accuracy},
            )
        return group(load(tmp_path).runs)

    return write


def test_cells_lie_by_rule_and_attack(groups):
    cells = [(r, a, 0.1 * k) for k, (r, a) in enumerate(product(RULES, ATTACKS))]
    grid = arrange_grid(groups(cells))
    assert grid.rules == ('mean', 'krum (f 1)', 'krum (f 2)')
    assert grid.attacks == ('zero', 'mimic')
    table = grid.values(lambda run: final(run, 'test_accuracy'))
    assert table == pytest.approx(np.arange(6).reshape(3, 2) / 10)


def test_rules_may_be_put_in_order(groups):
    cells = [(r, a, 0.1 * k) for k, (r, a) in enumerate(product(RULES, ATTACKS))]
    grid = arrange_grid(groups(cells)).ordered([0.2, np.nan, 0.9])
    assert grid.rules == ('krum (f 2)', 'mean', 'krum (f 1)')
    table = grid.values(lambda run: final(run, 'test_accuracy'))
    assert table[0] == pytest.approx([0.4, 0.5])


def test_no_attack_is_a_column_and_a_gap_is_nan(groups):
    cells = [(RULES[0], None, 0.9), (RULES[0], ATTACKS[0], 0.1), (RULES[1], None, 0.8)]
    cells += [(RULES[1], ATTACKS[0], 0.7), (RULES[2], None, 0.6)]
    grid = arrange_grid(groups(cells))
    assert grid.attacks == ('no attack', 'zero')
    assert np.isnan(grid.values(lambda run: final(run, 'test_accuracy'))[2, 1])


def test_a_wrapper_is_named_with_the_rule_inside(groups):
    wrapped = {'bucketing': {'size': 2, 'rule': {'median': {}}}}
    grid = arrange_grid(groups([(r, a, 0) for r in (RULES[0], wrapped) for a in ATTACKS]))
    assert grid.rules == ('mean', 'bucketing of median')


def test_of_each_rule_the_worst_case(groups):
    cells = [(r, a, v) for (r, a), v in zip(product(RULES[:2], ATTACKS), (3, 1, 2, 4), strict=True)]
    worst = arrange_grid(groups(cells)).worst_cases(lambda run: final(run, 'test_accuracy'))
    assert [g.first.summary['test_accuracy'] for g in worst] == [1, 2]


@pytest.mark.parametrize(
    'cells',
    [
        [(RULES[0], a, 0) for a in (None, *ATTACKS)],  # one rule
        [(RULES[k], ATTACKS[0], 0) for k in (0, 1, 1, 2)],  # two of the same
        [(RULES[0], ATTACKS[0], 0), (RULES[1], ATTACKS[1], 0), (RULES[2], None, 0)],
    ],
)
def test_other_groups_are_no_grid(groups, cells):
    assert arrange_grid(groups(cells)) is None
