"""What every attack of the catalogue promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.robust.aggregation import RULES
from simulator.robust.attacks import ATTACKS, Shard, View

few = settings(max_examples=8)

ON_VALUES = [name for name in ATTACKS if ATTACKS.beside(name, 'acts_on') == 'values']
ON_DATA = [name for name in ATTACKS if ATTACKS.beside(name, 'acts_on') == 'data']
NO_NUMBERS = {'infinite', 'nan'}

# each entry as short as can be, then with its other options
CHOICES = {
    **{name: name for name in ON_VALUES},
    'mimic, the second': {'mimic': {'worker': 1}},
    'min_max, sign': {'min_max': {'direction': 'sign'}},
    'min_sum, unit': {'min_sum': {'direction': 'unit'}},
    'fang, krum': {'fang': {'against': 'krum'}},
    'little_is_enough, z': {'little_is_enough': {'z': 1.5}},
    'one_coordinate, amount': {'one_coordinate': {'coordinate': 2, 'amount': 9.0}},
}
every_choice = pytest.mark.parametrize('label', CHOICES)


def view_of(seed, h=8, b=2, d=12, dtype=np.float32):
    rng = np.random.default_rng(seed)
    vectors = (1 + rng.standard_normal((h + b, d))).astype(dtype)
    return View(
        vectors[:h],
        vectors[h:],
        rng=np.random.default_rng(seed),
        rule=RULES.choice('trimmed_mean', f=b if 2 * b < h + b else 0),
        receiver=vectors[0],
        target=1,
    )


@every_choice
@given(seed=st.integers(0, 2**32), h=st.integers(1, 9), b=st.integers(0, 4), d=st.integers(1, 20))
@few
def test_it_sends_a_row_for_each_byzantine_node(label, seed, h, b, d):
    choice = ATTACKS.read(CHOICES[label])
    view = view_of(seed, h, b, d)
    for array in (view.honest, view.own):
        array.setflags(write=False)
    sent = choice(view)
    assert sent.shape == (b, d)
    assert sent.dtype == np.float32
    assert np.isfinite(sent).all() or choice.name in NO_NUMBERS
    assert not np.shares_memory(sent, view.honest) or not b


@every_choice
def test_all_chance_comes_from_the_view(label):
    choice = ATTACKS.read(CHOICES[label])
    sent = [choice(view_of(3)) for _ in range(2)]
    assert np.array_equal(*sent, equal_nan=True)


@every_choice
def test_it_looks_at_what_it_says_it_knows_only(label):
    choice = ATTACKS.read(CHOICES[label])
    view = view_of(3)
    blind = choice(replace(view_of(3), honest=np.full_like(view.honest, 1e3)))
    looks = not np.array_equal(choice(view), blind, equal_nan=True)
    assert looks == (choice.beside('knows') == 'all')


@every_choice
def test_it_does_what_it_can_with_its_own_nodes_alone(label):
    choice = ATTACKS.read(CHOICES[label])
    sent = choice(view_of(3).restricted())
    assert np.isfinite(sent).all() or choice.name in NO_NUMBERS
    alone = choice(replace(view_of(3), honest=np.empty((0, 12), np.float32)))
    assert np.isfinite(alone).all() or choice.name in NO_NUMBERS


@every_choice
def test_it_tries_the_rule_only_if_it_says_so(label):
    choice = ATTACKS.read(CHOICES[label])
    calls = []

    def rule(vectors):
        calls.append(vectors.shape)
        return vectors.mean(axis=0)

    choice(replace(view_of(3), rule=rule))
    assert bool(calls) <= choice.beside('tries_rule')
    assert set(calls) <= {(10, 12)}


@pytest.mark.parametrize('name', ON_DATA)
@given(seed=st.integers(0, 2**32), count=st.integers(0, 30), shape=st.sampled_from([(9,), (3, 4)]))
@few
def test_poisoned_samples_look_like_samples(name, seed, count, shape):
    rng = np.random.default_rng(seed)
    samples = Shard(
        rng.random((count, *shape), dtype=np.float32), rng.integers(0, 10, count), classes=10
    )
    for array in (samples.inputs, samples.targets):
        array.setflags(write=False)
    poisoned, again = (ATTACKS.read(name)(samples, np.random.default_rng(seed)) for _ in range(2))
    assert poisoned.inputs.shape == samples.inputs.shape
    assert poisoned.inputs.dtype == samples.inputs.dtype
    assert poisoned.targets.dtype == samples.targets.dtype
    assert ((poisoned.targets >= 0) & (poisoned.targets < 10)).all()
    assert (poisoned.inputs == again.inputs).all()
    assert (poisoned.targets == again.targets).all()


@pytest.mark.parametrize('name', ATTACKS)
def test_it_is_documented_and_survives_being_written_as_a_scenario(name):
    entry, choice = ATTACKS.entry(name), ATTACKS.read(name)
    assert entry.doc.summary.endswith('.')
    assert entry.doc.references
    assert all(entry.doc.parameters.get(option) for option in entry.parameters)
    assert choice.beside('knows') in ('own', 'all')
    assert ATTACKS.read(choice.plain()) == choice
