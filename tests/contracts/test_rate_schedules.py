"""What every learning-rate schedule of the catalogue promises."""

import numpy as np
import pytest

from simulator.learning.schedules import SCHEDULES

OPTIONS = {'step': {'every': 30}, 'cosine': {'rounds': 50}, 'warm_up': {'rounds': 20}}


@pytest.fixture(params=SCHEDULES)
def schedule(request):
    return SCHEDULES[request.param](**OPTIONS.get(request.param, {}))


def test_factors_lie_between_0_and_1(schedule):
    factors = [schedule(done) for done in np.linspace(0, 500, 2001).tolist()]
    assert all(type(factor) is float and 0 <= factor <= 1 for factor in factors)
    assert max(factors) == 1


def test_once_it_goes_down_it_does_not_rise_again(schedule):
    factors = np.array([schedule(done) for done in range(500)])
    peak = factors.argmax()
    assert (np.diff(factors[: peak + 1]) >= 0).all()
    assert (np.diff(factors[peak:]) <= 0).all()
