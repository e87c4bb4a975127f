"""Reports of placements: what they say is what the runs did."""

import re
from types import SimpleNamespace

import pytest

from analysis.load import load
from analysis.metrics.placement import chain, is_placement, least_seconds, placed
from analysis.report.page import page
from analysis.report.placement import cases, critical_tables, placement_blocks, placement_headlines
from analysis.report.study import Study
from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import RunSpec

GRAPH = {'layered': {'levels': 4, 'width': 4}}


def scenario(method, memory, seed):
    return {
        'name': 'placed',
        'seed': seed,
        'cluster': {
            'topology': {'complete': {'workers': 3}},
            'link': {'bandwidth': '40 MB/s', 'latency': '0 s'},
            'device': {'speed': '10 Gflop/s', 'memory': memory},
        },
        'training': {'placement': {'graph': GRAPH, 'method': method}},
    }


@pytest.fixture(scope='module')
def study(tmp_path_factory):
    root, number = tmp_path_factory.mktemp('runs'), 0
    for method in ('hash', 'heft'):
        for memory in ('4 GB', '1 GB'):
            for seed in (1, 2):
                vary = {'cluster.device.memory': memory, 'seed': seed}
                spec = RunSpec.of(scenario(method, memory, seed), method, vary)
                key = f'{number:012x}'
                number += 1
                identity = Identity(key, 'placed', method, vary, seed, spec.yaml)
                folder = root / 'placed' / method / key
                with RunFolder(folder).writing(identity) as run:
                    run.finish(execute(SimpleNamespace(scenario=spec.scenario), folder))
    return Study.of(load([root]))


def test_who_competes_is_who_differs_in_the_placement(study):
    assert all(is_placement(run) for run in study.runs)
    assert not study.learning
    found = cases(study)
    assert list(found) == ['with memory 4 GB', 'with memory 1 GB']
    assert [[g.first.variant for g in groups] for groups in found.values()] == [
        ['hash', 'heft']
    ] * 2


def test_the_answer_names_the_first_and_by_how_much(study):
    [told] = [sentence.striptags() for sentence in placement_headlines(study)]
    assert re.match(r'With memory 4 GB, heft is done first: after [\d.]+ s, ', told)
    assert 'than hash (95 % interval' in told


def test_the_chain_fills_the_makespan(study):
    for run in study.runs:
        links = chain(run)
        took = (links['end'] - links['start']).sum()
        assert took == pytest.approx(placed(run, 'makespan'), rel=1e-6)
        assert placed(run, 'makespan') >= least_seconds(run)


def test_figures_and_tables(study):
    bars, executions = placement_blocks(study)
    assert len(bars.panels) == 4
    assert len(bars.data) == 8
    assert len(executions.panels) == 4
    [table] = critical_tables(study)
    assert len(table.rows) == 4
    assert all(len(cells) == len(table.head) for _, _, cells in table.rows)


def test_the_page_holds_them(study, tmp_path):
    told = page(study, tmp_path / 'report.html')
    assert 'Critical path of the execution' in told.text
    assert 'Makespan and bytes' in told.text
    assert {'makespan', 'times the least', 'peak memory'} <= set(told.data['variants'].columns)
    assert 'final accuracy' not in told.text


def test_one_alone_is_told_without_comparison(study):
    alone = Study((study.groups[0],), (), (), ())
    [told] = [sentence.striptags() for sentence in placement_headlines(alone)]
    assert re.fullmatch(r'.* is done after [\d.]+ s\.', told)
