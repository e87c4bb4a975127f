"""Momentum of workers: a running mean, computed when somebody looks, in order, once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.training.momentum import LONGEST, Momentum


@given(
    keep=st.floats(0, 0.99),
    values=st.lists(st.floats(-10, 10), min_size=1, max_size=50),
    data=st.data(),
)
def test_it_is_the_sum_of_the_paper_whoever_looks_when(keep, values, data):
    momentum, sent = Momentum(keep), []
    for value in values:
        sent.append(momentum.of(0, lambda value=value: np.array([value])))
        if data.draw(st.booleans()):
            data.draw(st.sampled_from(sent))()
    expected = 0.0
    for value, each in zip(values, sent, strict=True):
        expected = keep * expected + (1 - keep) * value
        assert abs(each().item() - expected) < 1e-9


def test_each_vector_is_computed_once_and_let_go():
    calls = []
    momentum = Momentum(0.5)
    sent = [momentum.of(0, lambda k=k: calls.append(k) or np.ones(1)) for k in range(3)]
    assert sent[2].waiting == 3
    assert [each().item() for each in sent] == [0.5, 0.75, 0.875]
    assert calls == [0, 1, 2]
    assert all((each.waiting, each.before) == (0, None) for each in sent)


def test_workers_have_their_own_and_lose_it_when_they_crash():
    momentum = Momentum(0.5)
    first, other = (momentum.of(worker, lambda: np.ones(1)) for worker in (0, 1))
    momentum.forget(0)
    again = momentum.of(0, lambda: np.ones(1))
    assert first() == other() == again()


def test_what_nobody_looks_at_does_not_pile_up():
    momentum = Momentum(0.9)
    for _ in range(200):
        last = momentum.of(0, lambda: np.ones(1))
        assert last.waiting <= LONGEST + 1


def test_the_value_is_in_the_type_of_the_vectors_and_read_only():
    sent = Momentum(0.9).of(0, lambda: np.ones(2, np.float32))()
    assert sent.dtype == np.float32
    assert not sent.flags.writeable
