"""The geometric median: its optimality condition, not an iteration count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import Context, geometric_median, optimality_gap


def total(vectors, point):
    return np.linalg.norm(vectors - point, axis=1).sum()


@given(
    st.integers(1, 15),
    st.sampled_from([1, 2, 5, 40]),
    st.sampled_from([0.0, 3.0, 1e6]),
    st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_the_certificate_holds_and_no_point_nearby_is_better(n, d, far, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, d))
    vectors[: n // 3] += far * rng.standard_normal(d)
    found = geometric_median(vectors, gap=1e-7)
    gap = optimality_gap(vectors, found)
    assert gap <= 3e-7
    least = total(vectors, found)
    for size in (1e-3, 0.1, 1.0):
        for step in size * rng.standard_normal((10, d)):
            assert least <= total(vectors, found + step) * (1 + gap + 1e-12)


@given(st.sampled_from([3, 20, 200]), st.integers(0, 2**32))
@settings(max_examples=20)
def test_float32_in_many_dimensions(d, seed):
    vectors = np.random.default_rng(seed).standard_normal((11, d)).astype(np.float32) + 5
    assert optimality_gap(vectors, geometric_median(vectors)) < 1e-4


def test_in_one_dimension_it_is_the_median():
    vectors = np.array([[5.0], [1.0], [2.0], [100.0], [3.0]])
    assert geometric_median(vectors).item() == 3.0
    assert geometric_median(vectors[:4]).item() == 3.5  # the middle of 2 and 5


def test_a_vector_that_holds_against_all_others_is_returned_exactly(rng):
    """Three corners at 120 degrees or more: the point of that corner is the Fermat point."""
    corner = rng.standard_normal(30)
    others = corner + np.outer([1.0, -1.2], np.eye(30)[0]) + 0.1 * np.eye(30)[1]
    assert (geometric_median(np.stack([others[0], corner, others[1]])) == corner).all()


def test_fermat_point_of_an_equilateral_triangle():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    assert geometric_median(corners) == pytest.approx([0.5, np.sqrt(3) / 6], abs=1e-6)


@pytest.mark.parametrize('beyond', [1e-3, 1e-6, 1e-9])
def test_near_a_vector_that_only_just_does_not_hold(beyond):
    """Where Weiszfeld's iteration alone crawls: the median is close to a vector, but not at it."""
    angle = np.pi / 3 - beyond
    arms = np.array([[np.cos(angle), np.sin(angle)], [-np.cos(angle), np.sin(angle)], [0.0, -1.0]])
    vectors = np.concatenate([np.zeros((1, 2)), arms[:2], -arms[2:]])
    assert optimality_gap(vectors, geometric_median(vectors, gap=1e-9)) <= 3e-9


def test_a_few_in_one_place_are_one_point(rng):
    vectors = rng.standard_normal((8, 50))
    vectors[:3] = 0.1 * vectors[0]
    assert optimality_gap(vectors, geometric_median(vectors, gap=1e-7)) <= 1e-7


def test_a_majority_in_one_place_decides(rng):
    vectors = rng.standard_normal((9, 100))
    vectors[:5] = vectors[0]
    assert (geometric_median(vectors) == vectors[0]).all()


def test_samples_weigh(rng):
    vectors = rng.standard_normal((3, 4))
    heavy = Context(samples=np.array([1, 5, 2]))
    assert (geometric_median(vectors, heavy) == vectors[1]).all()


def test_the_bound_is_one(rng):
    vectors = rng.standard_normal((9, 3))
    best = total(vectors, geometric_median(vectors, gap=1e-12))
    for point in [*vectors, *rng.standard_normal((30, 3))]:
        assert total(vectors, point) <= best * (1 + optimality_gap(vectors, point) + 1e-12)
