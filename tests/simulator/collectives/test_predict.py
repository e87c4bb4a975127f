"""Closed forms against a plain reference timer, and against the published reference points."""

import pytest

from simulator.collectives import COLLECTIVES, PREDICTIONS, Ranks

ALPHA, BETA, GAMMA = 100e-6, 8e-10, 3e-10
EXACT = 1e-9


@pytest.mark.parametrize('name', sorted(COLLECTIVES))
@pytest.mark.parametrize('m', range(1, 34))
def test_time_on_an_uncontended_star_is_the_closed_form(name, m, star_time):
    for n in (1e3, 1e8):
        predicted = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA).seconds
        if predicted is not None:
            timed = star_time(COLLECTIVES[name](Ranks(m)), n, ALPHA, BETA)
            assert timed == pytest.approx(predicted, rel=EXACT)


@pytest.mark.parametrize(
    ('name', 'm', 'seconds'),
    [('ring', 8, 0.141400), ('ring', 64, 0.170100), ('ring', 256, 0.210375)],
)
def test_predictions_meet_the_reference_points(name, m, seconds):
    predicted = PREDICTIONS[name](Ranks(m), 100e6, ALPHA, BETA).seconds
    assert predicted == pytest.approx(seconds, rel=EXACT)


@pytest.mark.parametrize('m', [2, 5, 8])
def test_reductions_lengthen_the_critical_path(m, star_time):
    n = 1e6
    for name in {'ring'} & set(COLLECTIVES):
        predicted = PREDICTIONS[name](Ranks(m), n, ALPHA, BETA, GAMMA).seconds
        timed = star_time(COLLECTIVES[name](Ranks(m)), n, ALPHA, BETA, GAMMA)
        assert timed == pytest.approx(predicted, rel=EXACT)
