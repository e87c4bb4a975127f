"""What every partition of the catalogue promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import DataError
from simulator.learning.partitions import BY_COLUMN, PARTITIONS

OPTIONS = {
    'dirichlet': {'alpha': 5.0},
    'shards': {'per_worker': 2},
    'gamma_similarity': {'gamma': 0.3},
    'quantity': {'alpha': 0.5},
    'column': {'name': 'writer'},
}


WHOLE = {'shared'}  # each worker has all samples


def deal(name, seed, labels, workers):
    known = {'writer': np.arange(len(labels)) // 5} if name in BY_COLUMN else labels
    return PARTITIONS[name](np.random.default_rng(seed), known, workers, **OPTIONS.get(name, {}))


@pytest.mark.parametrize('name', sorted(PARTITIONS.keys() - WHOLE))
@settings(max_examples=30, deadline=None)
@given(
    labels=st.lists(st.integers(0, 5), min_size=40, max_size=200),
    workers=st.integers(1, 6),
    seed=st.integers(0, 2**32),
)
def test_each_sample_goes_to_one_worker_and_no_worker_goes_empty(name, labels, workers, seed):
    parts = deal(name, seed, np.array(labels), workers)
    assert len(parts) == workers
    assert all(len(part) for part in parts)
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    assert all((np.diff(part) > 0).all() for part in parts)


def test_what_is_shared_is_whole_everywhere():
    parts = deal('shared', 0, np.arange(9) % 2, 4)
    assert [part.tolist() for part in parts] == [list(range(9))] * 4


@pytest.mark.parametrize('name', sorted(PARTITIONS.keys() - BY_COLUMN - WHOLE))
def test_the_stream_decides(name):
    labels = np.arange(300) % 7
    one, same, other = (deal(name, seed, labels, 5) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert any(a.tolist() != b.tolist() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize('name', PARTITIONS)
def test_too_few_samples_are_refused(name):
    with pytest.raises(DataError, match=r'^(partition: 3 training|column: .* holds 1 values)'):
        deal(name, 0, np.arange(3), 4)
