import numpy as np
import pytest

from simulator.learning.data import DATA, digits

SHIPPED = ['digits', 'iris', 'wine', 'breast_cancer', 'diabetes']


@pytest.mark.parametrize('name', SHIPPED)
def test_the_samples_are_those_of_the_source(name):
    sources = pytest.importorskip('sklearn.datasets')
    source = getattr(sources, f'load_{name}')()
    data = DATA[name]()
    ours = np.concatenate([data.train.inputs, data.test.inputs]).reshape(len(source.data), -1)
    targets = np.concatenate([data.train.targets, data.test.targets]).ravel()
    # the same up to order, and to shift and scale of each column
    theirs = np.column_stack([source.data, source.target])
    both = [np.column_stack([ours, targets]), theirs]
    scaled = [(x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9) for x in both]
    ordered = [x[np.lexsort(x.round(3).T)] for x in scaled]
    assert ordered[0] == pytest.approx(ordered[1], abs=2e-3)


@pytest.mark.parametrize('name', SHIPPED)
def test_a_fifth_of_each_class_is_for_testing(name):
    data = DATA[name]()
    if data.task.labels:
        train, test = (np.bincount(part.targets) for part in (data.train, data.test))
        assert (test == (train + test) // 5).all()
    else:
        assert len(data.test.targets) == 442 // 5


@pytest.mark.parametrize('name', SHIPPED)
def test_no_draw_changes_them(name):
    one, other = (DATA[name](np.random.default_rng(seed)) for seed in (1, 2))
    assert one.sha256 == other.sha256
    assert (one.train.inputs == other.train.inputs).all()


@pytest.mark.parametrize('name', ['iris', 'wine', 'breast_cancer', 'diabetes'])
def test_tables_are_standardized_by_what_is_for_training(name):
    data = DATA[name]()
    assert data.train.inputs.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert data.train.inputs.std(axis=0) == pytest.approx(1, rel=1e-5)
    assert np.abs(data.test.inputs.mean(axis=0)).max() < 0.5


def test_pixels_lie_between_0_and_1():
    inputs = digits().train.inputs
    assert (inputs.min(), inputs.max()) == (0, 1)
