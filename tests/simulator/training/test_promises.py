"""Promises: whenever somebody looks, it is what computing at once would have given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.learning import OPTIMIZERS, Learning, blobs, iid, linear
from simulator.seeds import Seeds
from simulator.training.promises import Ledger, value_of

WORKERS = 4

acts = st.lists(
    st.tuples(st.sampled_from(['walk', 'mix', 'look']), st.integers(0, 3), st.integers(0, 3)),
    max_size=40,
)


def learning():
    return Learning.draw(blobs, iid, linear, workers=WORKERS, seeds=Seeds(3), batch=4)


def middle(one, other):
    return (one + other) * np.float32(0.5)


@pytest.mark.parametrize('name', ['sgd', 'momentum'])
@settings(max_examples=25, deadline=None)
@given(acts=acts)
def test_what_is_put_off_comes_out_bitwise_the_same(name, acts):
    optimizer = OPTIMIZERS[name](rate=0.3)
    late, soon = learning(), learning()
    ledger = Ledger(late, optimizer)
    promised, walks = [late.initial] * WORKERS, [None] * WORKERS
    models, states = [soon.initial] * WORKERS, [None] * WORKERS
    for act, peer, other in acts:
        if act == 'walk':
            promised[peer] = walks[peer] = ledger.walk(peer, promised[peer], 2, walks[peer])
            done = soon.request_steps(peer, models[peer], 2, optimizer, states[peer])
            models[peer], states[peer] = done.value, done.state
        elif act == 'mix':
            promised[peer] = ledger.derive(middle, promised[peer], promised[other])
            models[peer] = middle(models[peer], models[other])
        else:
            assert (value_of(promised[peer]) == models[peer]).all()
    for promise, model in zip(promised, models, strict=True):
        assert (value_of(promise) == model).all()


def test_a_long_chain_takes_no_stack():
    ledger = Ledger(learning(), OPTIMIZERS['sgd'](rate=0.1))
    value = ledger.derive(lambda: np.zeros(1))
    for _ in range(5000):
        value = ledger.derive(lambda before: before + 1, value)
    assert value.value == 5000


def test_all_of_a_level_is_computed_at_once():
    lessons = learning()
    ledger, calls = Ledger(lessons, OPTIMIZERS['sgd'](rate=0.1)), []
    compute = lessons.pool._compute
    lessons.pool._compute = lambda group: (calls.append(len(group)), compute(group))
    first = [ledger.walk(peer, lessons.initial, 1) for peer in range(WORKERS)]
    mixed = [ledger.derive(middle, first[peer - 1], first[peer]) for peer in range(WORKERS)]
    second = [ledger.walk(peer, mixed[peer], 1) for peer in range(WORKERS)]
    assert second[0].loss > 0
    assert calls == [WORKERS, WORKERS]


def test_values_can_not_be_written_to():
    lessons = learning()
    ledger = Ledger(lessons, OPTIMIZERS['sgd'](rate=0.1))
    walk = ledger.walk(0, lessons.initial, 1)
    for promise in (walk, ledger.derive(middle, walk, walk)):
        assert not promise.value.flags.writeable
