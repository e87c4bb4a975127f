"""Training split by a placement: learns to the bit as one device does, in another time."""

import numpy as np
import pytest

from simulator.errors import PlacementError
from simulator.scenario.schema import Scenario
from tests.simulator.training.conftest import model, run

SPEED = {'uniform': {'low': '1 Gflop/s', 'high': '9 Gflop/s'}}


def scenario(*, kind=None, workers=4, cluster=None, **options):
    world = {
        'topology': {'complete': {'workers': workers}},
        'link': {'bandwidth': '1 GB/s', 'latency': '0 s'},
        'device': {'speed': SPEED},
    }
    return Scenario.model_validate(
        {
            'name': 'a',
            'stop': {'rounds': 4},
            'cluster': world | (cluster or {}),
            'learning': {
                'data': 'digits',
                'model': {'mlp': {'hidden': [20, 20]}},
                'optimizer': {'momentum': {'rate': 0.1}},
            },
            'training': kind or {'model_parallel': {'placement': 'hash', **options}},
        }
    )


@pytest.mark.parametrize('placement', ['single', 'hash', 'critical_path', 'min_cut'])
@pytest.mark.parametrize('detail', ['layer', 'operation'])
def test_it_learns_as_one_device_does(tmp_path, placement, detail):
    split = run(scenario(placement=placement, detail=detail), tmp_path / 'split')
    alone = run(scenario(kind={'all_reduce': {}}, workers=1), tmp_path / 'alone')
    np.testing.assert_allclose(model(tmp_path / 'split'), model(tmp_path / 'alone'), rtol=1e-5)
    assert split['train_loss'] == pytest.approx(alone['train_loss'], rel=1e-6)
    figures = split['placement']
    assert split['simulated_seconds'] == pytest.approx(4 * figures['makespan'])
    assert figures['makespan'] >= figures['least_seconds']
    assert split['bytes'] == pytest.approx(4 * figures['bytes'])
    assert (split['bytes'] > 0) == (placement == 'hash' or figures['devices'] > 1)


def test_a_crash_breaks_the_step_off_and_changes_no_value(tmp_path):
    quiet = run(scenario(), tmp_path / 'a')
    at = quiet['placement']['makespan'] * 1.5
    when = {'devices': [0, 1, 2, 3], 'at': f'{at:.9f} s', 'until': f'{2 * at:.9f} s'}
    broken = run(scenario(cluster={'faults': [{'churn': when}]}), tmp_path / 'b')
    later = quiet['simulated_seconds'] + at + 0.5 * quiet['placement']['makespan']
    assert broken['simulated_seconds'] == pytest.approx(later, rel=1e-3)
    np.testing.assert_array_equal(model(tmp_path / 'a'), model(tmp_path / 'b'))


def test_memory_that_no_placement_fits(tmp_path):
    tiny = {'device': {'speed': SPEED, 'memory': '1 kB'}}
    with pytest.raises(PlacementError, match='bytes'):
        run(scenario(placement='critical_path', cluster=tiny), tmp_path)
