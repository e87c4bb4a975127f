import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.partitions import dirichlet, gamma_similarity, iid, quantity, shards

LABELS = np.repeat(np.arange(10), 100)


def shares(parts):
    """Return the class frequencies of each worker."""
    counts = np.array([np.bincount(LABELS[part], minlength=10) for part in parts])
    return counts / counts.sum(axis=1, keepdims=True)


def test_iid_parts_are_equal_and_alike():
    parts = iid(np.random.default_rng(0), LABELS, 7)
    assert {len(part) for part in parts} == {142, 143}
    assert np.abs(shares(parts) - 0.1).max() < 0.1


def test_dirichlet_goes_from_one_kind_each_to_iid():
    lopsided = [
        shares(dirichlet(np.random.default_rng(3), LABELS, 5, alpha=alpha)).max(axis=1).mean()
        for alpha in (0.1, 1.0, 1000.0)
    ]
    assert lopsided[0] > 0.4 > lopsided[1] > 0.2 > lopsided[2]


def test_dirichlet_proportions_have_the_law_s_variance():
    # one share of a class is Beta(alpha, (m-1) alpha)
    drawn = [
        np.isin(np.arange(100), dirichlet(np.random.default_rng(s), LABELS, 4, alpha=2.0)[0]).mean()
        for s in range(400)
    ]
    assert np.mean(drawn) == pytest.approx(1 / 4, abs=0.02)
    assert np.var(drawn) == pytest.approx(3 / 16 / 9, rel=0.2)


def test_dirichlet_redraws_rather_than_leave_a_worker_empty():
    for seed in range(20):
        assert all(map(len, dirichlet(np.random.default_rng(seed), LABELS, 8, alpha=0.1)))


def test_dirichlet_gives_up_with_advice():
    with pytest.raises(DataError, match=r'alpha\(=0.01\) .* 90 workers .* raise alpha'):
        dirichlet(np.random.default_rng(0), LABELS, 90, alpha=0.01)


def test_a_worker_with_two_shards_sees_at_most_two_classes_of_equal_ones():
    parts = shards(np.random.default_rng(0), LABELS, 5, per_worker=2)
    assert all(len(part) == 200 for part in parts)
    assert all(len(np.unique(LABELS[part])) <= 2 for part in parts)


@pytest.mark.parametrize('gamma', [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize('workers', [3, 7, 10])
def test_gamma_of_a_worker_s_samples_are_like_everybody_s(gamma, workers):
    parts = gamma_similarity(np.random.default_rng(0), LABELS, workers, gamma=gamma)
    assert max(map(len, parts)) - min(map(len, parts)) <= 2
    if gamma == 1:
        assert np.abs(shares(parts) - 0.1).max() < 0.1
    if gamma == 0:
        assert ((shares(parts) > 0).sum(axis=1) <= 10 // workers + 2).all()
    assert shares(parts).max(axis=1).mean() == pytest.approx(
        gamma * 0.1 + (1 - gamma) * min(1, workers / 10), abs=0.2
    )


def test_few_samples_leave_no_worker_empty():
    for gamma in np.linspace(0, 1, 21):
        parts = gamma_similarity(np.random.default_rng(0), np.arange(7) % 3, 7, gamma=gamma)
        assert all(map(len, parts))


def test_quantities_differ_but_kinds_do_not():
    parts = quantity(np.random.default_rng(1), LABELS, 5, alpha=0.5)
    sizes = np.array([len(part) for part in parts])
    assert sizes.max() > 3 * sizes.min()
    large = [part for part in parts if len(part) > 200]
    assert np.abs(shares(large) - 0.1).max() < 0.06
    equal = quantity(np.random.default_rng(1), LABELS, 5, alpha=1e6)
    assert all(abs(len(part) - 200) < 5 for part in equal)


@pytest.mark.parametrize(
    'cut', [lambda *a: dirichlet(*a, alpha=1.0), shards, lambda *a: gamma_similarity(*a, gamma=0)]
)
def test_values_have_no_classes_to_part_by(cut):
    with pytest.raises(DataError, match='take iid'):
        cut(np.random.default_rng(0), np.zeros((30, 1)), 3)
