"""Rules, liars and attacks are read from scenarios and manifests; conditions from metrics."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.load import read_run
from analysis.metrics.robustness import (
    aggregation,
    attacks,
    bound,
    condition,
    is_resilience,
    liars,
    resilience,
    told,
    voters,
)


@pytest.fixture
def run(make, tmp_path):
    def write(training, adversary=None, **more):
        scenario = {'name': 'a', 'training': training, 'adversary': adversary or {}}
        return read_run(make(tmp_path / 'run', scenario=json.dumps(scenario), **more))

    return write


def server(rule):
    return {'parameter_server': {'clock': {'bsp': {}}, 'aggregation': rule}}


def test_the_rule_and_what_it_is_told(run):
    wrapped = {'nearest_neighbour_mixing': {'f': 3, 'rule': {'median': {}}}}
    found = run(server(wrapped))
    assert aggregation(found) == wrapped
    assert told(found) == 3


def test_a_rule_inside_may_be_told(run):
    found = run(server({'bucketing': {'size': 2, 'rule': {'krum': {'f': 1}}}}))
    assert told(found) == 1


def test_what_takes_no_f_is_told_of_nobody(run):
    assert told(run(server({'median': {}}))) is None


def test_without_a_rule_there_is_none(run):
    found = run({'all_reduce': {'algorithm': {'ring': {}}}})
    assert aggregation(found) is None
    assert attacks(found) == ()
    assert (liars(found), told(found), voters(found)) == (0, None, None)
    assert np.isnan(bound(found))
    assert np.isnan(condition(found).typical)


def test_liars_are_counted_by_the_scenario_or_better_by_the_manifest(run):
    section = {'workers': {'nodes': '0..3', 'attack': [{'zero': {}}, {'mimic': {}}]}}
    manifest = {'byzantine': {'workers': {'nodes': [0, 1, 2, 3]}, 'servers': {'nodes': [9]}}}
    found = run(server({'median': {}}), section, manifest=manifest)
    assert liars(found) == 5
    assert [*map(dict, attacks(found))] == [{'zero': {}}, {'mimic': {}}]


def test_nobody_lies_where_the_count_is_0(run):
    found = run(server({'median': {}}), {'workers': {'count': 0, 'attack': [{'zero': {}}]}})
    assert liars(found) == 0
    assert attacks(found) == ()


def test_the_condition_is_that_of_the_published_constant(run):
    ratios = [0.1, 0.2, 0.3, 0.4]
    metrics = {
        'time_ns': [0, 1, 2, 3],
        'step': [1, 2, 3, 4],
        'epoch': [0.0] * 4,
        'device': [-1] * 4,
        'metric': ['variance_to_norm'] * 4,
        'value': ratios,
    }
    manifest = {'promises': {'constant': 2.0, 'n': 7, 'f': 1}}
    found = run(server({'krum': {'f': 1}}), manifest=manifest, tables={'metrics': metrics})
    assert bound(found) == 0.25
    assert condition(found) == pytest.approx((0.25, 0.25, 0.5))
    assert voters(found) == 7


def test_a_study_tells_its_own_liars_and_figures(run):
    study = {'aggregation': {'brute': {'f': 0}}, 'attack': {'zero': {}}, 'liars': 2}
    figures = {'distance': 1.0, 'norm': 4.0, 'bound': 2.0, 'deviation': 2.0, 'angle': np.pi / 2}
    summary = {'resilience': figures, 'predicted': {'constant': 0.0}}
    found = run({'resilience': study}, summary=summary)
    assert is_resilience(found)
    assert liars(found) == 2
    assert resilience(found, 'relative') == 0.25
    assert resilience(found, 'promised') == 0.5
    assert resilience(found, 'degrees') == pytest.approx(90)
    assert np.isnan(resilience(found, 'leeway'))
    # a constant of 0 asks for nothing
    assert condition(found) == (0.25, np.inf, 1.0)
