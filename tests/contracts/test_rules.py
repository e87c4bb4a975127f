"""What every aggregation rule of the catalogue promises, checked as it declares it."""

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.robust.aggregation import (
    RULES,
    Context,
    aggregate,
    flops,
    problems,
    promises,
    selected,
    tolerance,
)

few = settings(max_examples=8, deadline=None)

# each entry as short as can be, then with its other options; f stands for what it is told
CHOICES = {
    **{
        name: lambda f, name=name: {name: {'f': f}} if 'f' in RULES.entry(name).parameters else name
        for name in RULES
        if 'rule' not in RULES.entry(name).parameters
    },
    'multi_krum, two': lambda f: {'multi_krum': {'f': f, 'keep': 1}},
    'bulyan over median': lambda f: {'bulyan': {'f': f, 'over': 'median'}},
    'bulyan over geometric_median': lambda f: {'bulyan': {'f': f, 'over': 'geometric_median'}},
    'bulyan over brute': lambda f: {'bulyan': {'f': f, 'over': 'brute'}},
    'centered_clipping, thrice': lambda f: {'centered_clipping': {'radius': 3.0, 'iterations': 3}},
    'dnc, twice': lambda f: {'dnc': {'f': f, 'iterations': 2, 'sample': 5}},
    'nearest_neighbour_mixing': lambda f: {'nearest_neighbour_mixing': {'f': f, 'rule': 'median'}},
    'mixing, caf': lambda f: {'nearest_neighbour_mixing': {'f': f, 'rule': {'caf': {'f': f}}}},
    'bucketing': lambda f: {'bucketing': {'rule': {'trimmed_mean': {'f': f}}}},
    'clipping': lambda f: {'clipping': {'radius': 2.0, 'rule': 'median'}},
    'clipping, mean': lambda f: {'clipping': {'radius': 2.0, 'rule': 'mean'}},
    'adaptive_clipping': lambda f: {'adaptive_clipping': {'f': f, 'rule': 'geometric_median'}},
    'wrapped twice': lambda f: {
        'adaptive_clipping': {
            'f': f,
            'rule': {'nearest_neighbour_mixing': {'f': f, 'rule': {'trimmed_mean': {'f': f}}}},
        }
    },
}
DRAWING = {'bucketing', 'dnc'}


def test_every_rule_is_put_through_it():
    assert {RULES.read(make(0)).name for make in CHOICES.values()} == set(RULES)


every_choice = pytest.mark.parametrize('label', CHOICES)


def context(seed=0, samples=None):
    return Context(rng=np.random.default_rng(seed), samples=samples)


@dataclass(frozen=True)
class Case:
    """A rule with the options for f liars, and vectors enough to survive them."""

    choice: object
    f: int
    vectors: np.ndarray
    rng: np.random.Generator

    @property
    def honest(self):
        return self.vectors[: len(self.vectors) - self.f]

    def with_liars(self, liars):
        return np.concatenate([self.honest, liars]) if self.f else self.vectors

    def __call__(self, vectors, **more):
        return aggregate(self.choice, vectors, context(**more))


@st.composite
def cases(draw, label, most=3):
    """Vectors from a normal law around a common mean; at the edge of tolerance, or above."""
    f = draw(st.integers(0, most))
    choice = RULES.read(CHOICES[label](f))
    enough = [n for n in range(1, 40) if tolerance(choice, n) >= f and not [*problems(choice, n)]]
    if not enough:  # a rule that survives no liar
        f, choice = 0, RULES.read(CHOICES[label](0))
        enough = [n for n in range(1, 40) if not [*problems(choice, n)]]
    n = draw(st.sampled_from(enough[:1] + enough[1:6]))
    d = draw(st.sampled_from([1, 3, 60]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mean = 3 * rng.standard_normal(d)
    return Case(choice, f, mean + rng.standard_normal((n, d)), rng)


@every_choice
@given(data=st.data())
@few
def test_order_of_the_vectors_does_not_matter(label, data):
    case = data.draw(cases(label))
    n = len(case.vectors)
    if promises(case.choice).permutation_invariant:
        order = case.rng.permutation(n)
        assert case(case.vectors[order]) == pytest.approx(case(case.vectors), rel=1e-5, abs=1e-5)


@every_choice
@given(data=st.data())
@few
def test_a_translation_of_all_moves_the_result(label, data):
    case = data.draw(cases(label))
    if promises(case.choice).translation_equivariant:
        by = 5 * case.rng.standard_normal(case.vectors.shape[1])
        moved = case(case.vectors + by)
        assert moved == pytest.approx(case(case.vectors) + by, rel=1e-5, abs=1e-5)


@every_choice
@given(data=st.data(), factor=st.sampled_from([1e-6, 0.3, 1e5]))
@few
def test_scaling_all_scales_the_result(label, data, factor):
    case = data.draw(cases(label))
    if promises(case.choice).scale_equivariant:
        scaled = case(case.vectors * factor)
        assert scaled / factor == pytest.approx(case(case.vectors), rel=1e-5, abs=1e-5)


@every_choice
@given(data=st.data(), size=st.sampled_from([0.0, 1.0, 1e6, 1e12]), alike=st.booleans())
@few
def test_the_honest_vector_is_returned_if_all_honest_agree(label, data, size, alike):
    case = data.draw(cases(label))
    if promises(case.choice).returns_unanimous:
        d = case.vectors.shape[1]
        case.vectors[:] = vector = case.rng.standard_normal(d)
        liars = size * case.rng.standard_normal((1 if alike else case.f, d))
        result = case(case.with_liars(np.broadcast_to(liars, (case.f, d))))
        assert result == pytest.approx(vector, rel=1e-6, abs=1e-6)


@every_choice
@given(data=st.data())
@few
def test_a_weight_counts_like_so_many_equal_vectors(label, data):
    case = data.draw(cases(label))
    samples = case.rng.integers(1, 4, len(case.vectors))
    result = case(case.vectors, samples=samples)
    if promises(case.choice).weighted_by_samples:
        repeated = case(np.repeat(case.vectors, samples, axis=0))
        assert result == pytest.approx(repeated, rel=1e-5, abs=1e-5)
    else:
        assert (result == case(case.vectors)).all()


JUNK = [
    None,
    'no vector',
    object(),
    [[1.0], [2.0, 3.0]],
    np.ones(2, dtype=complex),
    np.ones((2, 2)),
    np.ones(77),
    np.array([]),
    *[lambda d, x=x: np.full(d, x) for x in (np.nan, np.inf, -np.inf, 1e300, 1e20)],
    lambda d: np.where(np.arange(d) == 0, np.nan, 1.0),
    lambda d: np.ones(d, dtype=np.int8),
    lambda d: np.ones(d, dtype=bool),
]


@every_choice
@given(data=st.data())
@few
def test_whatever_tolerated_liars_send_the_result_is_finite_and_near_the_honest(label, data):
    case = data.draw(cases(label))
    d = case.vectors.shape[1]
    junk = data.draw(st.lists(st.sampled_from(JUNK), min_size=case.f, max_size=case.f))
    honest = case.honest.astype(np.float32)
    sent = [*honest, *(each(d) if callable(each) else each for each in junk)]
    result = case(sent)
    assert result.dtype == np.float32
    assert result.shape == (d,)
    assert np.isfinite(result).all()
    diameter = np.linalg.norm(honest[:, None] - honest[None, :], axis=-1).max()
    reach = np.linalg.norm(honest, axis=1).max() + np.sqrt(d) + 10  # of signs, of radii
    assert np.linalg.norm(result - honest.mean(axis=0)) <= 3 * diameter + reach


@every_choice
@given(data=st.data())
@few
def test_far_liars_in_one_place_gain_little(label, data):
    case = data.draw(cases(label))
    direction = case.rng.standard_normal((1, case.vectors.shape[1]))
    far = case(case.with_liars(np.repeat(1e8 * direction, case.f, axis=0)))
    diameter = np.linalg.norm(case.honest[:, None] - case.honest[None, :], axis=-1).max()
    reach = np.linalg.norm(case.honest, axis=1).max() + np.sqrt(far.size) + 10
    assert np.linalg.norm(far - case.honest.mean(axis=0)) <= 3 * diameter + reach


@every_choice
def test_inputs_are_not_written_to_and_dtypes_are_kept(label):
    choice = RULES.read(CHOICES[label](1 if tolerance(RULES.read(CHOICES[label](1)), 11) else 0))
    for dtype in (np.float32, np.float64):
        vectors = np.random.default_rng(0).standard_normal((11, 40)).astype(dtype)
        vectors[-1] = np.nan if choice.name != 'mean' else 1.0
        before = vectors.copy()
        vectors.setflags(write=False)
        result = aggregate(choice, vectors, context())
        assert result.dtype == dtype
        assert not np.shares_memory(result, vectors)
        assert np.array_equal(vectors, before, equal_nan=True)
        assert (result == aggregate(choice, vectors[:, ::1], context())).all()


@every_choice
def test_columns_or_rows_first_make_no_difference(label):
    choice = RULES.read(CHOICES[label](0))
    vectors = np.random.default_rng(0).standard_normal((9, 30)).astype(np.float32)
    straight = aggregate(choice, vectors, context())
    across = aggregate(choice, np.asfortranarray(vectors), context())
    assert across == pytest.approx(straight, abs=1e-5)


@every_choice
def test_more_liars_than_tolerated_are_refused_with_the_numbers(label):
    with_f = CHOICES[label](1) != CHOICES[label](2)
    if not with_f:
        return
    for n in range(3, 30):
        most = tolerance(RULES.read(CHOICES[label](0)), n)
        vectors = np.random.default_rng(n).standard_normal((n, 4))
        if most >= 0:
            accepted = RULES.read(CHOICES[label](most))
            assert list(problems(accepted, n)) == []
            assert np.isfinite(aggregate(accepted, vectors, context())).all()
        refused = RULES.read(CHOICES[label](most + 1))
        assert 'n=' in next(problems(refused, n))
        with pytest.raises(ScenarioError, match=rf'needs n >= \df \+ \d: n=\d+, f={most + 1}'):
            aggregate(refused, vectors, context())


@every_choice
def test_no_n_by_n_by_d_array_and_at_most_two_copies(label):
    choice = RULES.read(CHOICES[label](2))
    if tolerance(choice, 23) < 2:
        choice = RULES.read(CHOICES[label](0))
    vectors = np.random.default_rng(0).standard_normal((23, 100_000), dtype=np.float32)
    if label != 'wrapped twice':
        vectors[3, 7] = np.nan  # so that cleaning copies, too
    tracemalloc.start()
    try:
        aggregate(choice, vectors, context())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # a block of columns, and vectors of d
    assert peak <= 2 * vectors.nbytes + 4 * 1024**2 + 4 * vectors[0].nbytes


@every_choice
def test_a_rule_that_selects_returns_members_and_others_say_so(label):
    choice = RULES.read(CHOICES[label](0))
    vectors = np.random.default_rng(0).standard_normal((9, 5))
    chosen = selected(choice, vectors, context())
    if chosen is None:
        return
    assert len(set(chosen.tolist())) == len(chosen) <= 9
    if choice.name != 'bulyan':
        average = vectors[chosen].mean(axis=0)
        assert aggregate(choice, vectors, context()) == pytest.approx(average)


@every_choice
def test_cost_grows_with_the_vectors(label):
    choice = RULES.read(CHOICES[label](0))
    assert 0 < flops(choice, 9, 100) < flops(choice, 9, 1000)
    assert flops(choice, 9, 100) < flops(choice, 30, 100)


@every_choice
def test_it_survives_being_written_as_a_scenario(label):
    choice = RULES.read(CHOICES[label](1))
    assert RULES.read(choice.plain()) == choice


@pytest.mark.parametrize('name', RULES)
def test_it_is_documented(name):
    doc = RULES.entry(name).doc
    assert doc.summary.endswith('.')
    assert doc.references
    assert all(doc.parameters.get(option) for option in RULES.entry(name).parameters)


@pytest.mark.parametrize('name', sorted(DRAWING))
def test_a_rule_that_draws_refuses_to_do_without_a_generator(name):
    with pytest.raises(ScenarioError, match=f'{name} draws'):
        aggregate(RULES.read(CHOICES[name](0)), np.ones((5, 2)))
