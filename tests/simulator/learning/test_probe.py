from functools import partial

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import DATA, Learning, digits, iid, linear, mlp, ngram
from simulator.learning.models import cnn
from simulator.learning.probe import Probe
from simulator.seeds import Seeds


def draw(model, **options):
    return Learning.draw(digits, iid, model, workers=2, seeds=Seeds(3), **options)


def look(learning, parameters, *measures):
    return dict(Probe(learning, measures, np.random.default_rng(0))(parameters))


def test_units_that_never_fire_are_dead():
    learning = draw(partial(mlp, hidden=[20]))
    parameters = learning.initial.copy()
    assert look(learning, parameters, 'dead_units')['dead_units'] == 0
    bias = learning.model.layers[1].arrays['bias'].place
    parameters[bias.start : bias.start + 5] = -1e3
    found = look(learning, parameters, 'dead_units')
    assert found == {'dead_units/3-relu': 0.25, 'dead_units': 0.25}


def test_a_map_that_says_the_same_everywhere_is_dead():
    learning = draw(partial(cnn, maps=[4, 2]))
    parameters = learning.initial.copy()
    bias = learning.model.layers[1].arrays['bias'].place
    parameters[bias.start] = -1e3
    found = look(learning, parameters, 'dead_units')
    assert found['dead_units/3-relu'] == 0.25
    assert found['dead_units'] == pytest.approx(1 / 6)


@pytest.mark.parametrize('model', [linear, partial(mlp, hidden=[8, 8], batch_norm=True), cnn])
def test_the_norms_of_layers_make_that_of_the_gradient(model):
    learning = draw(model)
    found = look(learning, learning.initial, 'gradient_norms')
    whole = found.pop('gradient_norm')
    assert np.hypot.reduce(list(found.values())) == pytest.approx(whole)
    train = learning.data.train
    some = np.unique(np.linspace(0, 1441, 256).astype(int))
    gradients = learning.model.losses_and_gradients(
        learning.initial[None], train.inputs[None, some], train.targets[None, some]
    ).gradients
    assert whole == pytest.approx(np.linalg.norm(gradients), rel=1e-5)


def test_a_look_draws_nothing_from_the_workers_and_is_the_same_again():
    learning = draw(partial(mlp, hidden=[8], dropout=0.5))
    probe = Probe(learning, ['gradient_norms'], np.random.default_rng(0))
    assert dict(probe(learning.initial)) == dict(probe(learning.initial))


def test_deep_logistic_gradients_vanish():
    deep = partial(mlp, hidden=[32] * 10, activation='logistic')
    found = look(draw(deep), draw(deep).initial, 'gradient_norms')
    norms = list(found.values())[:-1]
    assert norms[0] < 1e-3 * norms[-1]


def test_without_hidden_units_none_can_be_dead():
    with pytest.raises(DataError, match='no hidden units'):
        Probe(draw(linear), ['dead_units'], np.random.default_rng(0))


def test_grams_counted_and_never_seen():
    data = partial(DATA['text'], samples=60, vocabulary=20)
    learning = Learning.draw(data, iid, partial(ngram, n=2), workers=1, seeds=Seeds(0))
    empty = look(learning, learning.initial, 'grams')
    assert empty == {
        'grams': 0,
        'unseen_grams/1-gram': 1,
        'unseen_grams/2-gram': 1,
        'unseen_grams': 1,
    }
    model, train = learning.model, learning.data.train
    counts = model.counts(train.inputs[None], train.targets[None])[0].astype(np.float32)
    found = look(learning, counts, 'grams')
    assert found['grams'] == (counts > 0).sum()
    assert 0 < found['unseen_grams/1-gram'] + found['unseen_grams'] < 0.5


def test_what_counts_no_grams_has_none():
    with pytest.raises(DataError, match='counts none'):
        Probe(draw(linear), ['grams'], np.random.default_rng(0))
