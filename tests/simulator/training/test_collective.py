"""A collective alone: times and bytes against the closed forms."""

import pytest


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
