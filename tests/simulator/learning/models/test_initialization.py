import numpy as np
import pytest

from simulator.learning.models.initialization import Fans, drawing

FANS = Fans(200, 50)


@pytest.mark.parametrize(
    ('name', 'variance'),
    [
        ('he_normal', 2 / 200),
        ('he_uniform', 2 / 200),
        ('glorot_normal', 2 / 250),
        ('glorot_uniform', 2 / 250),
        ('zeros', 0),
    ],
)
def test_weights_have_the_published_variance(name, variance):
    weights = drawing(name, FANS)(np.random.default_rng(0), (400, 500))
    assert weights.shape == (400, 500)
    assert weights.mean() == pytest.approx(0, abs=1e-3)
    assert weights.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize(
    ('name', 'variance'), [('he_uniform', 2 / 200), ('glorot_uniform', 2 / 250)]
)
def test_uniform_weights_fill_their_interval_and_no_more(name, variance):
    weights = drawing(name, FANS)(np.random.default_rng(0), (400, 500))
    edge = (3 * variance) ** 0.5
    assert 0.999 * edge < np.abs(weights).max() <= edge
