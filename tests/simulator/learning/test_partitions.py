import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.partitions import dirichlet, iid, shards

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


@pytest.mark.parametrize('cut', [lambda *a: dirichlet(*a, alpha=1.0), shards])
def test_values_have_no_classes_to_part_by(cut):
    with pytest.raises(DataError, match='take iid'):
        cut(np.random.default_rng(0), np.zeros((30, 1)), 3)
