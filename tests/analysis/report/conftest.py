"""Runs among liars, made by hand: every figure is given."""

from __future__ import annotations

import json

import pytest

RULES = {'mean': 0, 'median': 2, 'krum': 1}


@pytest.fixture
def make_byzantine(make, tmp_path):
    """Write a run of a rule against an attack: five workers, eight rounds."""

    def write(rule='median', attack=None, *, count=0, f=None, accuracy=0.9, seed=1, **more):
        constant, ratio, pace = (more.get(key) for key in ('constant', 'ratio', 'pace'))
        options = {} if f is None else {'f': f}
        adversary = {'workers': {'count': count, 'attack': [{attack: {}}]}} if count else {}
        scenario = {
            'name': 'liars',
            'seed': seed,
            'training': {'parameter_server': {'aggregation': {rule: options}}},
            'adversary': adversary,
        }
        promises = {
            'rule': {rule: options}, 'n': 5, 'f': f, 'tolerance': RULES[rule],
            'needs': 'n >= 2f + 1', 'constant': constant, 'permutation_invariant': True,
        }  # fmt: skip
        rows = [(0, 'test_accuracy', 0.1), (8, 'test_accuracy', accuracy)]
        for step in range(1, 9):
            rows.append((step, 'aggregate_distance', 0.1 * step))
            rows += [(step, 'byzantine_share', 0.25)] if count else []
            rows += [] if ratio is None else [(step, 'variance_to_norm', ratio * step)]
        return make(
            tmp_path / f'{rule}-{attack}-{count}-{f}-{seed}',
            scenario=json.dumps(scenario),
            manifest={
                'scenario': 'liars',
                'variant': f'{rule}, {attack or "nobody"}' + (f', {count}' if count else ''),
                'seed': seed,
                'promises': promises,
            },
            summary={
                'rounds': 8,
                'simulated_seconds': 8.0 / (pace or 1),
                'test_accuracy': accuracy,
                'bytes': 100.0,
            },
            tables={
                'metrics': {
                    'time_ns': [step * 10**9 for step, _, _ in rows],
                    'step': [step for step, _, _ in rows],
                    'epoch': [float(step) for step, _, _ in rows],
                    'device': [-1] * len(rows),
                    'metric': [name for _, name, _ in rows],
                    'value': [value for _, _, value in rows],
                }
            },
        )

    return write


@pytest.fixture
def make_resilience(make, tmp_path):
    """Write a study of a rule against an attack, with its figures."""

    def write(rule, attack, distance, *, constant=None, norm=2.0, deviation=1.0, **more):
        bound = None if constant is None else constant * deviation
        study = {'aggregation': {rule: {'f': 2}}, 'attack': {attack: {}}, 'liars': 2}
        found = {
            'distance': distance, 'distance_error': 0.01, 'angle': distance / norm, 'norm': norm,
            'deviation': deviation, 'bound': bound, 'leeway': more.get('leeway', 1.0),
            'parameters': more.get('d', 10),
        }  # fmt: skip
        d = {'dimensions': more['d']} if 'd' in more else {}
        return make(
            tmp_path / f'{rule}-{attack}-{more.get("d")}',
            scenario=json.dumps({'name': 'r', 'seed': 1, 'training': {'resilience': study}, **d}),
            manifest={
                'scenario': 'r',
                'vary': {'training.resilience.aggregation': rule, 'attack': attack, **d},
            },
            summary={
                'rounds': 9,
                'test_accuracy': 0.1,
                'resilience': found,
                'predicted': {} if constant is None else {'constant': constant},
            },
        )

    return write
