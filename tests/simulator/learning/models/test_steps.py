"""Layers that take sequences apart, embed tokens, and count what steps are worth."""

import numpy as np
import pytest

from simulator.learning.models.embedding import embedding, positions, wave_table
from simulator.learning.models.judging import judged, slopes_of
from simulator.learning.models.layer import Aside
from simulator.learning.models.losses import CROSS_ENTROPY, SQUARED_ERROR
from simulator.learning.models.steps import average, last_step, last_steps, repeat

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ('layer', 'shape'),
    [
        (last_step(3), (5, 3)),
        (last_steps(2, 3, 3), (5, 3)),
        (average(5, 3), (5, 3)),
        (repeat(5, 3), (3,)),
        (positions(5, 3), (5, 3)),
    ],
    ids=lambda each: getattr(each, 'name', ''),
)
@pytest.mark.parametrize('padded', [False, True])
def test_the_way_back_is_the_transpose_of_the_way_there(layer, shape, padded):
    present = np.arange(5) < np.array([[3, 5]])[..., None] if padded else None
    aside = Aside(True, present=present)
    zero, x = np.zeros((1, 2, *shape)), RNG.standard_normal((1, 2, *shape))
    base = layer.forward((), zero, aside)[0]
    outputs, pull = layer.forward((), x, aside)
    y = RNG.standard_normal(outputs.shape)
    assert np.vdot(outputs - base, y) == pytest.approx(np.vdot(x, pull(y, (), True)))


def test_the_average_leaves_out_what_is_not_there():
    x = RNG.standard_normal((1, 1, 5, 3))
    present = np.array([[[True, True, True, False, False]]])
    found = average(5, 3).forward((), x, Aside(True, present=present))[0]
    assert found[0, 0] == pytest.approx(x[0, 0, :3].mean(axis=0))


def test_positions_begin_anew_after_a_source():
    found = positions(5, 4, start=2).forward((), np.zeros((1, 1, 5, 4)), Aside(True))[0][0, 0]
    assert (found == wave_table(3, 4)[[0, 1, 0, 1, 2]]).all()


def test_waves_turn_by_the_same_angle_from_step_to_step():
    table = wave_table(20, 6)
    for pair in range(3):
        sine, cosine = table[:, 2 * pair], table[:, 2 * pair + 1]
        angle = 10000 ** (-2 * pair / 6)
        turned = sine[:-1] * np.cos(angle) + cosine[:-1] * np.sin(angle)
        assert sine[1:] == pytest.approx(turned)


def test_a_token_gathers_what_all_its_uses_say():
    layer = embedding(4, 3, 2)
    vectors, tokens = RNG.standard_normal((2, 4, 2)), np.array([[[1, 1, -1]], [[3, 0, 1]]])
    outputs, pull = layer.forward([vectors], tokens, Aside(True))
    assert (outputs[0, 0, 2] == 0).all()
    upstream = RNG.standard_normal(outputs.shape)
    gradient = np.full((2, 4, 2), np.nan)
    assert pull(upstream, [gradient], False) is None
    assert gradient[0, 1] == pytest.approx(upstream[0, 0, 0] + upstream[0, 0, 1])
    assert (gradient[0, [0, 2, 3]] == 0).all()
    assert (gradient[1, 2] == 0).all()
    assert (gradient[1, 3] == upstream[1, 0, 0]).all()


def test_steps_without_a_target_count_for_nothing():
    outputs = RNG.standard_normal((2, 3, 4, 5))
    targets = RNG.integers(0, 5, (2, 3, 4))
    targets[0, 1:] = -1
    targets[1, 0, 2] = -1
    means, slopes = slopes_of(CROSS_ENTROPY, outputs, targets)
    sums, right, counts = judged(CROSS_ENTROPY, outputs, targets)
    assert counts.tolist() == [4, 11]
    assert sums / counts == pytest.approx(means)
    assert (slopes[targets < 0] == 0).all()
    alone, _ = slopes_of(CROSS_ENTROPY, outputs[:1, :1], targets[:1, :1])
    assert alone[0] == pytest.approx(means[0])
    assert right[0] == (outputs[0, 0].argmax(axis=-1) == targets[0, 0]).sum()


def test_values_may_be_asked_for_at_each_step():
    outputs, targets = RNG.standard_normal((1, 2, 3, 1)), RNG.standard_normal((1, 2, 3, 1))
    means, slopes = slopes_of(SQUARED_ERROR, outputs, targets)
    assert means[0] == pytest.approx(((outputs - targets) ** 2).mean() / 2)
    assert slopes == pytest.approx((outputs - targets) / 6)


def test_a_teacher_who_is_sure_is_worth_a_label():
    outputs, labels = RNG.standard_normal((2, 3, 4)), RNG.integers(0, 4, (2, 3))
    sure = np.eye(4)[labels]
    for mine, theirs in zip(
        slopes_of(CROSS_ENTROPY, outputs, sure),
        slopes_of(CROSS_ENTROPY, outputs, labels),
        strict=True,
    ):
        assert mine == pytest.approx(theirs)
