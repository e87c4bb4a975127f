"""Reports of placements that search: their curves, and who beats whom by the same budget."""

import re
from types import SimpleNamespace

import pytest

from analysis.load import load
from analysis.metrics.placement import placed
from analysis.metrics.search import best_after, budget, first_tries, last_tries, method_of, search
from analysis.report.page import page
from analysis.report.search import search_blocks, search_headlines, search_tables
from analysis.report.study import Study
from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import RunSpec

METHODS = {
    'hash': 'hash',
    'HEFT': 'heft',
    'at random': {'random_search': {'executions': 60, 'groups': 12}},
    'learned': {'learned': {'executions': 60, 'groups': 12, 'units': 4}},
    'annealing': {'simulated_annealing': {'executions': 60, 'start': 'hash'}},
}
SEEDS = (1, 2)

SEARCHING = ['annealing', 'at random', 'learned']


def scenario(method, seed):
    return {
        'name': 'searched',
        'seed': seed,
        'cluster': {
            'topology': {'complete': {'workers': 3}},
            'link': {'bandwidth': '40 MB/s', 'latency': '0 s'},
            'device': {'speed': '10 Gflop/s'},
        },
        'training': {
            'placement': {'graph': {'layered': {'levels': 4, 'width': 4}}, 'method': method}
        },
    }


@pytest.fixture(scope='module')
def study(tmp_path_factory):
    root, number = tmp_path_factory.mktemp('runs'), 0
    for variant, method in METHODS.items():
        for seed in SEEDS:
            spec = RunSpec.of(scenario(method, seed), variant, {'seed': seed})
            key = f'{number:012x}'
            number += 1
            identity = Identity(key, 'searched', variant, {'seed': seed}, seed, spec.yaml)
            folder = root / 'searched' / variant / key
            with RunFolder(folder).writing(identity) as run:
                run.finish(execute(SimpleNamespace(scenario=spec.scenario), folder))
    return Study.of(load([root]))


def searching(study):
    return [run for run in study.runs if len(search(run))]


def test_curves_are_those_of_who_searches(study):
    found = {method_of(run) for run in searching(study)}
    assert found == {'random_search', 'learned', 'simulated_annealing'}
    for run in searching(study):
        told = search(run)
        assert budget(run) == told['executions'].iloc[-1] == 60
        assert told['executions'].is_monotonic_increasing
        assert told['best_seconds'].is_monotonic_decreasing
        assert first_tries(run) == told['trial_seconds'].iloc[0]
        assert min(first_tries(run), last_tries(run)) >= best_after(run, 60) - 1e-9


def test_the_end_of_a_curve_is_what_is_executed(study):
    for run in searching(study):
        assert best_after(run, budget(run)) == pytest.approx(placed(run, 'makespan'))
        assert best_after(run, 0) != best_after(run, 0)  # not a number: nothing yet


def test_the_headline_says_who_won_and_by_what_budget(study):
    [told] = [sentence.striptags() for sentence in search_headlines(study)]
    assert re.match(r'Learned comes to [\d.]+ s in 60 executions, from [\d.]+ s of its first', told)
    assert re.search(r'at random, which tries as often \(95 % interval', told)
    assert 'the best of those that try nothing' in told
    means = {g.label: sum(placed(run, 'makespan') for run in g.runs) / 2 for g in study.groups}
    quickest = min(('hash', 'HEFT'), key=means.get)
    assert f'{quickest}, the best of those' in told
    for ratio, low, high in re.findall(
        r'takes ([\d.]+) times as long as [^;]*interval ([\d.]+) to ([\d.]+)', told
    ):
        assert float(low) <= float(ratio) <= float(high)


def test_a_panel_of_what_is_best_and_one_of_what_is_tried(study):
    [block] = search_blocks(study)
    assert [panel.title for panel in block.panels] == ['best so far', 'what it tries']
    assert [mark.name for mark in block.legend] == SEARCHING
    assert set(block.data['variant']) == set(SEARCHING)
    assert {'executions', 'best_seconds', 'trial_seconds', 'seed'} <= set(block.data.columns)


def test_the_table_holds_the_curve_in_figures(study):
    [table] = search_tables(study)
    assert [label for _, label, _ in table.rows] == SEARCHING
    assert all(len(cells) == len(table.head) for _, _, cells in table.rows)
    rows = {label: cells for _, label, cells in table.rows}
    assert rows['at random'][-2].text == '–'  # it is the search at random itself
    assert 'at random' in rows['learned'][-2].text
    early, late = (rows['learned'][place].estimate.mean for place in (3, 4))
    assert late <= early


def test_the_page_holds_them(study, tmp_path):
    told = page(study, tmp_path / 'report.html')
    assert 'Found by trying' in told.text
    assert 'Placements that search by trying' in told.text


def test_nothing_is_told_where_nobody_searches(study):
    quiet = Study(tuple(g for g in study.groups if not len(search(g.first))), (), (), ())
    assert not [*search_headlines(quiet), *search_blocks(quiet), *search_tables(quiet)]
