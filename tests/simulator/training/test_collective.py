"""A collective alone: times and bytes against the closed forms."""

from types import SimpleNamespace

import pytest

from simulator.execution import execute
from simulator.scenario.checks import predicted
from simulator.scenario.schema import Scenario


@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
@pytest.mark.parametrize('algorithm', ['ring', 'master_worker'])
@pytest.mark.parametrize('reduce', [float('inf'), 1e6])
def test_time_and_traffic_are_those_of_the_closed_form(
    make_experiment, train, algorithm, sharing, reduce
):
    experiment = make_experiment(workers=5, servers=0, sharing=sharing, reduce=reduce, stop={})
    if algorithm == 'master_worker' and sharing == 'fifo' and reduce == 1e6:
        pytest.skip('under fifo, reductions overlap with later deliveries: no closed form')
    study = train(experiment, 'collective', algorithm=algorithm, bytes='1 MB', repeat=3)
    assert study.summary['measured']['collective_seconds'] == pytest.approx(
        study.predicted['collective_seconds'], rel=1e-9
    )
    assert study.summary['bytes'] == pytest.approx(study.predicted['bytes'], rel=1e-9)
    assert study.summary['rounds'] == 3
    assert experiment.clock.now == pytest.approx(3 * study.predicted['collective_seconds'])


def test_one_rank_has_nothing_to_do(make_experiment, train):
    study = train(
        make_experiment(workers=1, servers=0, stop={}), 'collective', algorithm='ring', bytes='1 MB'
    )
    assert study.summary['bytes'] == 0
    assert study.summary['collective']['seconds'] == 0.0


def scenario(topology, algorithm, **cluster):
    cluster = {'topology': topology, 'link': {'bandwidth': '8 Mb/s', 'latency': '1 ms'}, **cluster}
    study = {'collective': {'algorithm': algorithm, 'bytes': '12 kB'}}
    return Scenario.model_validate({'name': 'a', 'cluster': cluster, 'training': study})


def run(made, folder):
    return execute(SimpleNamespace(scenario=made), folder)


def test_a_ring_by_topology_pays_for_one_hop(tmp_path):
    torus = {'torus': {'workers': 12, 'shape': [3, 4]}}
    made = scenario(torus, {'ring': {'order': 'by_topology'}})
    summary = run(made, tmp_path / 'a')
    assert summary['collective']['seconds'] == pytest.approx(22 * (1e-3 + 1e-3), rel=1e-9)
    assert summary['collective']['seconds'] == pytest.approx(predicted(made)['collective_seconds'])
    assert run(scenario(torus, 'ring'), tmp_path / 'b')['collective']['seconds'] > 0.05


def test_where_routes_share_links_a_run_takes_longer_than_the_closed_form(tmp_path):
    made = scenario({'ring': {'workers': 8}}, 'all_to_all')
    summary = run(made, tmp_path / 'a')
    assert summary['collective']['seconds'] > 1.1 * predicted(made)['collective_seconds']
    assert summary['predicted']['collective_seconds'] == predicted(made)['collective_seconds']


def test_many_paths_make_a_collective_on_a_fat_tree_faster(tmp_path):
    seconds = [
        run(scenario({'fat_tree': {'workers': 16}}, 'direct', routing=routing), tmp_path / routing)
        for routing in ('shortest', 'ecmp')
    ]
    one, other = (summary['collective']['seconds'] for summary in seconds)
    assert other < 0.95 * one
