"""Each sentence of an abstract, made again from the runs by other means."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.load import load
from analysis.metrics import costs, critical_shares, use_over_time
from analysis.report.evidence import evidence
from analysis.report.nodes import apart_evidence, staleness_blocks
from analysis.report.paths import path_blocks, use_blocks
from analysis.report.study import Study
from analysis.report.tradeoff import difference_evidence, front_blocks, matrix_blocks
from analysis.text import quantity, share

NAMES = ('parameter server', 'ring all-reduce')


@pytest.fixture(scope='module')
def learned(healthy):
    return Study.of(load(healthy))


@pytest.fixture(scope='module')
def told(learned):
    return [sentence.striptags() for sentence in evidence(learned)]


@pytest.fixture(scope='module')
def raw(healthy):
    """Summaries and tables, read with nothing of ours."""
    found = {name: [] for name in NAMES}
    for folder in healthy:
        manifest = json.loads((folder / 'manifest.json').read_text())
        tables = {n: pd.read_parquet(folder / n) for n in ('metrics', 'messages', 'spans')}
        summary = json.loads((folder / 'summary.json').read_text())
        found[manifest['variant']].append((summary, tables))
    return found


def starting(sentences, *words):
    [found] = [s for s in sentences if s.startswith(words)]
    return found


def test_where_accuracies_end(told, raw):
    ends = {n: np.mean([s['test_accuracy'] for s, _ in runs]) for n, runs in raw.items()}

    sentence = starting(told, 'With every seed', 'The final')
    assert all(f'{end:.3f}' in sentence for end in ends.values())


def test_what_is_sent_on_the_way(told, raw, learned):
    sent = {}
    for name, runs in raw.items():
        values = []
        for _, tables in runs:
            wide = tables['metrics'].pivot_table(index='time_ns', columns='metric', values='value')
            wide = wide.dropna(subset=['test_accuracy'])
            values.append(wide[wide['test_accuracy'] >= learned.target.value]['bytes'].iloc[0])
        sent[name] = np.mean(values)

    sentence = starting(told, 'On the way there')
    assert f'ring all-reduce sends least, {quantity(sent[NAMES[1]], "bytes")}' in sentence
    assert f'parameter server sends {quantity(sent[NAMES[0]], "bytes")}' in sentence


def test_who_carries_most(told, raw):
    loads = {}
    for name, runs in raw.items():
        summary, tables = runs[0]
        ends = tables['messages'][['source', 'target']].melt(value_name='node')['node']
        sizes = np.tile(tables['messages']['bytes'], 2)
        loads[name] = pd.Series(sizes).groupby(ends.to_numpy()).sum().max() / summary['rounds']

    sentence = starting(told, 'The busiest host')
    assert f'(server 4) sends and receives {quantity(loads[NAMES[0]], "bytes")} a round' in sentence
    assert f'{loads[NAMES[0]] / loads[NAMES[1]]:.1f} times as much' in sentence


def test_what_share_is_computed(told, raw):
    sentence = starting(told, 'Of its time')
    for name, runs in raw.items():
        computing = total = 0.0
        for summary, tables in runs:
            spans = tables['spans'][tables['spans']['activity'] == 'compute']
            computing += (spans['end_ns'] - spans['start_ns']).sum() / 1e9
            total += 4 * summary['simulated_seconds']
        assert f'{share(computing / total)} with {name}' in sentence


def test_how_likely_one_run_beats_another(told, raw, learned):
    seconds = {}
    for name, runs in raw.items():
        rows = [tables['metrics'] for _, tables in runs]
        rows = [each[each['metric'] == 'test_accuracy'] for each in rows]
        met = [each[each['value'] >= learned.target.value] for each in rows]
        seconds[name] = np.array([each['time_ns'].min() / 1e9 for each in met])
    wins = np.mean(seconds[NAMES[1]][:, None] < seconds[NAMES[0]][None])

    sentence = starting(told, 'A run of')
    assert f'A run of ring all-reduce gets there sooner than a run of {NAMES[0]}' in sentence
    assert f'with probability {wins:.2f}, ' in sentence
    # the middle half of two values is their mean
    middles = [quantity(seconds[name].mean(), 'seconds') for name in NAMES[::-1]]
    assert sentence.endswith(f'are {middles[0]} and {middles[1]}.')


def test_how_sure_and_by_which_target(told, learned):
    assert starting(told, '2 seeds each').count('fewer than 5 seeds') == 1
    assert f'a test accuracy of {learned.target.value:.2f} was chosen' in starting(
        told, 'The scenario names no target'
    )


def test_in_what_the_variants_differ(learned, healthy):
    [sentence] = difference_evidence(learned)
    assert sentence.striptags() == (
        'The variants differ in cluster.topology.star.servers and training, and in nothing else.'
    )
    assert difference_evidence(Study.of(load(healthy[:2]))) == []


def test_critical_paths_are_told_as_they_are(learned):
    [block] = path_blocks(learned)
    for g in learned.groups:
        most = critical_shares(g).max()
        assert f'the path of {g.label} is {share(most)}' in block.caption.striptags().replace(
            'The', 'the'
        )
    assert block.data.set_index('variant').sum(axis=1).tolist() == pytest.approx([1.0, 1.0])


def test_use_over_time_is_told_as_it_is(learned):
    [block] = use_blocks(learned)
    for g in learned.groups:
        mean = use_over_time(g.first, 'devices')['share'].mean()
        assert f'{share(mean)} with {g.label}' in block.caption.striptags()
    assert len(block.data) == 2 * 2 * 60


def test_the_front_is_told_by_name(learned):
    [block] = front_blocks(learned)
    found = {g.label: cost.efficient for g, cost in costs(learned.groups).items()}

    assert found == {'parameter server': False, 'ring all-reduce': True}
    assert 'better in one: ring all-reduce.' in block.caption.striptags()
    assert (
        'Hollow, for another is better in one and worse in none: parameter server.'
        in block.caption.striptags()
    )
    assert block.data['score'].notna().all()


def test_pairs_that_talk_are_counted(learned):
    [block] = matrix_blocks(learned)
    told = ' '.join(panel.picture for panel in block.panels)
    assert 'With parameter server 8 ordered pairs of hosts' in told
    assert 'With ring all-reduce 4 ordered pairs of hosts' in told


def test_staleness_and_single_nodes_are_told_where_they_were_measured(make, tmp_path, learned):
    rows = {
        'time_ns': [1, 1, 2, 2, 2], 'step': [1] * 5, 'epoch': [0.0] * 5, 'device': [0, 1, 0, 0, 1],
        'metric': ['staleness'] * 3 + ['test_accuracy'] * 2, 'value': [0.0, 3.0, 3.0, 0.5, 0.75],
    }  # fmt: skip
    study = Study.of(load(make(tmp_path / 'run', tables={'metrics': rows})))

    [block] = staleness_blocks(study)

    assert block.caption.striptags().startswith(
        'A gradient is on average so many updates old: 2 with made-up (at most 3).'
    )
    assert [sentence.striptags() for sentence in apart_evidence(study)] == [
        'In the end the test accuracies of the single nodes range from 0.500 to 0.750 with made-up.'
    ]
    assert staleness_blocks(learned) == apart_evidence(learned) == []
