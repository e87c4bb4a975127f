"""Language models that count, and one that looks through a window."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import DataError
from simulator.learning.models import Task, ngram, window_mlp

TASK = Task((7,), 4, tokens=4, steps=7, causal=True)
RNG = np.random.default_rng(0)
SMOOTHINGS = ['witten_bell', 'interpolated', 'additive']


def windows(*shape):
    whole = RNG.integers(0, 4, (*shape, 8))
    return whole[..., :-1], whole[..., 1:]


def taught(model, inputs, targets):
    found = model.losses_and_gradients(np.zeros((1, model.dimension)), inputs[None], targets[None])
    return -found.gradients


def test_minus_the_gradient_counts_grams():
    inputs, targets = windows(5)
    inputs[0, 5:], targets[0, 4:] = -1, -1
    model = ngram(TASK, n=3)
    counts = taught(model, inputs, targets)[0]
    for part in model.layers:
        order, (place, shape) = len(part.arrays['counts'].shape), part.arrays['counts']
        expected = Counter()
        for row, wanted in zip(inputs, targets, strict=True):
            for step in range(order - 2 if order > 1 else 0, 7):
                if wanted[step] >= 0:
                    expected[
                        (*row[max(0, step - order + 2) : step + 1][: order - 1], wanted[step])
                    ] += 1
        table = counts[place].reshape(shape)
        assert {i: table[i] for i in np.ndindex(*shape) if table[i]} == expected


def test_counts_of_workers_add_up_to_those_of_all():
    inputs, targets = windows(4, 6)
    model = ngram(TASK)
    parts = model.losses_and_gradients(np.zeros((4, model.dimension)), inputs, targets).gradients
    whole = taught(model, inputs.reshape(24, 7), targets.reshape(24, 7))[0]
    assert (-parts.sum(axis=0) == whole).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), n=st.integers(1, 4), smoothing=st.sampled_from(SMOOTHINGS))
def test_probabilities_sum_to_one_whatever_was_counted(seed, n, smoothing):
    rng = np.random.default_rng(seed)
    model = ngram(TASK, n=n, smoothing=smoothing)
    counts = rng.integers(-1, 3, (1, model.dimension)).astype(float)
    shares = np.exp(model.outputs(counts, rng.integers(0, 4, (1, 3, 7))))
    assert shares.sum(axis=-1) == pytest.approx(1)
    assert (shares > 0).all() or smoothing == 'interpolated'


def test_without_counts_all_tokens_are_alike():
    model = ngram(TASK)
    found = model.evaluate(model.init(RNG), *windows(3))
    assert found.perplexity == pytest.approx(4)


@pytest.mark.parametrize(
    ('smoothing', 'expected'),
    [
        # after 0 came 1 twice and 2 once; a gram of one token alone: 1 twice, 2 and 0 once each
        ('additive', (2 + 0.1) / (3 + 0.4)),
        ('interpolated', 0.7 * 2 / 3 + 0.3 * (0.7 * 2 / 4 + 0.3 / 4)),
        ('witten_bell', (2 + 2 * (2 + 3 / 4) / (4 + 3)) / (3 + 2)),
    ],
)
def test_smoothing_by_hand(smoothing, expected):
    model = ngram(Task((1,), 4, tokens=4, steps=1, causal=True), n=2, smoothing=smoothing)
    counts = taught(model, np.array([[0], [0], [0], [3]]), np.array([[1], [1], [2], [0]]))
    assert np.exp(model.outputs(counts, np.array([[[0]]]))[0, 0, 0, 1]) == pytest.approx(expected)


def test_the_share_of_grams_never_seen():
    model = ngram(TASK, n=2)
    seen = np.array([[0, 1, 0, 1, 0, 1, 0]]), np.array([[1, 0, 1, 0, 1, 0, 1]])
    other = np.array([[0, 1, 0, 1, 1, 2, 0]]), np.array([[1, 0, 1, 1, 2, 0, 1]])
    counts = taught(model, *seen)[0]
    assert model.unseen(counts, *seen) == [0, 0]
    assert model.unseen(counts, *other) == pytest.approx([1 / 7, 3 / 7])


@pytest.mark.parametrize(
    ('task', 'options', 'message'),
    [
        (Task((7,), 4, tokens=4), {}, 'tells next tokens'),
        (Task((7,), 500, tokens=500, steps=7, causal=True), {}, 'over the limit'),
        (TASK, {'amount': 1.0}, 'witten_bell has no amount'),
        (TASK, {'smoothing': 'interpolated', 'amount': 1.5}, 'share below 1'),
    ],
)
def test_what_can_not_be_counted_is_refused(task, options, message):
    with pytest.raises(DataError, match=message):
        ngram(task, **options)


def test_a_window_sees_the_last_tokens_and_no_others():
    model = window_mlp(TASK, window=3)
    parameters = model.init(RNG)[None]
    tokens = RNG.integers(0, 4, (1, 1, 7))
    before = model.outputs(parameters, tokens)
    for place in range(7):
        changed = tokens.copy()
        changed[..., place] = (changed[..., place] + 1) % 4
        differs = (model.outputs(parameters, changed) != before).any(axis=-1)[0, 0]
        assert differs.tolist() == [place <= step < place + 3 for step in range(7)]


def test_a_window_needs_data_that_ask_what_comes_next():
    with pytest.raises(DataError, match='step by step'):
        window_mlp(Task((8, 8), 10))
