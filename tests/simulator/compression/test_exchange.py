from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.collectives import COLLECTIVES, POSTCONDITIONS, Ranks, all_gather, apply, ring
from simulator.compression import (
    COMPRESSORS,
    CompressionError,
    Scattered,
    added,
    composed,
    gathered,
    merged,
)

ALL_REDUCES = sorted(COLLECTIVES.keys() - POSTCONDITIONS)


def packets_of(vectors, *choices):
    compressor = composed([COMPRESSORS.read(each) for each in choices])
    rng = np.random.default_rng(0)
    return [compressor.apply(v, compressor.init(len(v)), rng)[0] for v in vectors]


def drawn(m, d, seed=0):
    # whole numbers, so that sums are exact in any order
    return np.random.default_rng(seed).integers(-9, 10, (m, d)).astype(np.float32)


def by_encoding(schedule, packets):
    """Play *schedule* entry by entry, and really encode what each transfer carries."""
    d, form = len(packets[0].vector), packets[0].form
    bounds = np.cumsum([0, *(len(c) for c in np.array_split(np.empty(d), schedule.chunks))])
    held = [{int(i): p.vector[i] for i in p.indices} for p in packets]
    own, sizes = [dict(each) for each in held], []
    for step in range(schedule.steps):
        before = own if schedule.inputs else [dict(each) for each in held]
        for row in np.flatnonzero(schedule.step == step):
            source, target = schedule.source[row], schedule.target[row]
            first = schedule.first_chunk[row]
            begin, end = bounds[first], bounds[first + schedule.count[row]]
            sent = {i: v for i, v in sorted(before[source].items()) if begin <= i < end}
            numbers = form.numbers.content(np.array(list(sent.values()), np.float32))
            content = Scattered(np.array([i - begin for i in sent], int), numbers)
            sizes.append(len(form.encode(content, int(end - begin))))
            if not schedule.reduce[row]:
                held[target] = {i: v for i, v in held[target].items() if not begin <= i < end}
            for i, value in sent.items():
                held[target][i] = held[target].get(i, np.float32(0)) + value
    return sizes, np.array([[each.get(i, 0) for i in range(d)] for each in held])


@pytest.mark.parametrize('name', ALL_REDUCES)
@pytest.mark.parametrize(
    ('m', 'd', 'share'), [(2, 9, 0.3), (5, 40, 0.1), (8, 64, 0.5), (6, 3, 0.5)]
)
def test_merging_sends_what_encoding_what_is_held_gives(name, m, d, share):
    schedule = COLLECTIVES[name](Ranks(m))
    packets = packets_of(drawn(m, d), {'top_k': {'share': share}}, 'float16')
    sizes, vectors = by_encoding(schedule, packets)
    result = merged(schedule, packets)
    assert result.sizes.tolist() == sizes
    np.testing.assert_array_equal(result.vectors, vectors)
    np.testing.assert_array_equal(result.vectors, np.tile(added(packets), (m, 1)))


@settings(max_examples=25)
@given(st.integers(1, 9), st.integers(1, 50), st.integers(0, 99), st.sampled_from(ALL_REDUCES))
def test_merging_and_gathering_end_with_the_same_sum(m, d, seed, name):
    packets = packets_of(drawn(m, d, seed), {'threshold': {'value': 5.0}})
    total = sum(packet.vector for packet in packets)
    exchange = merged(COLLECTIVES[name](Ranks(m)), packets)
    np.testing.assert_array_equal(exchange.vectors, np.tile(total, (m, 1)))
    gather = gathered(all_gather(Ranks(m), algorithm='bruck'), packets)
    np.testing.assert_array_equal(gather.vectors, np.tile(total, (m, 1)))
    assert gather.sizes.sum() == (m - 1) * sum(packet.bytes for packet in packets)


@pytest.mark.parametrize('algorithm', ['ring', 'direct', 'bruck'])
def test_gathering_sends_packets_whole(algorithm):
    packets = packets_of(drawn(7, 30), {'threshold': {'value': 7.0}}, 'int8')
    schedule = all_gather(Ranks(7), algorithm=algorithm)
    sizes = [
        sum(packets[chunk].bytes for chunk in range(first, first + count))
        for first, count in zip(schedule.first_chunk, schedule.count, strict=True)
    ]
    assert gathered(schedule, packets).sizes.tolist() == sizes


@pytest.mark.parametrize('name', ['all_to_all', 'round_robin'])
def test_sending_all_to_all_is_gathering_too(name):
    packets = packets_of(drawn(4, 30), 'sign')
    schedule = COLLECTIVES[name](Ranks(4))
    result = gathered(schedule, packets)
    assert (result.sizes == packets[0].bytes).all()
    np.testing.assert_allclose(result.vectors[3], sum(packet.vector for packet in packets))


def test_the_same_entries_everywhere_do_not_grow_on_the_way():
    vectors = np.zeros((8, 800), np.float32)
    vectors[:, ::100] = 1
    result = merged(ring(Ranks(8)), packets_of(vectors, {'top_k': {'count': 8}}))
    assert (result.sizes == 4 + 8).all()  # one entry of each chunk
    assert (result.vectors[:, ::100] == 8).all()


@pytest.mark.parametrize(('code', 'itemsize'), [('identity', 4), ('float16', 2), ('bfloat16', 2)])
def test_dense_floats_are_added_on_the_way_without_headers(code, itemsize):
    vectors = np.random.default_rng(0).standard_normal((6, 50)).astype(np.float32)
    packets = packets_of(vectors, code)
    result = merged(ring(Ranks(6)), packets)
    assert result.sizes.sum() == 2 * 5 * 50 * itemsize
    # halves are rounded where they are added, so all ranks hold the same
    assert (result.vectors == result.vectors[0]).all()
    np.testing.assert_allclose(result.vectors[0], vectors.sum(axis=0), rtol=0.02, atol=0.05)


def test_identity_is_the_plain_all_reduce_bit_by_bit():
    vectors = np.random.default_rng(0).standard_normal((6, 50)).astype(np.float32)
    for name in ALL_REDUCES:
        schedule = COLLECTIVES[name](Ranks(6))
        result = merged(schedule, packets_of(vectors, 'identity'))
        assert result.vectors.tobytes() == apply(schedule, vectors).tobytes()


def test_inf_and_nan_arrive():
    vectors = drawn(4, 20)
    vectors[2, 7], vectors[1, 3] = np.nan, np.inf
    result = merged(ring(Ranks(4)), packets_of(vectors, {'top_k': {'count': 5}}))
    assert np.isnan(result.vectors[:, 7]).all()
    assert np.isinf(result.vectors[:, 3]).all()


def test_what_can_not_be_added_on_the_way_is_refused():
    with pytest.raises(CompressionError, match='only packets of floats'):
        merged(ring(Ranks(3)), packets_of(drawn(3, 9), 'sign'))
    mixed = packets_of(drawn(2, 9), 'identity') + packets_of(drawn(1, 9), 'float16')
    with pytest.raises(CompressionError, match='all of one form'):
        merged(ring(Ranks(3)), mixed)


def test_wrong_numbers_and_schedules_are_refused():
    packets = packets_of(drawn(3, 9), 'sign')
    with pytest.raises(CompressionError, match='3 packets for 4 ranks'):
        gathered(all_gather(Ranks(4)), packets)
    with pytest.raises(CompressionError, match='must be an all-gather'):
        gathered(ring(Ranks(3)), packets)


def test_plain_columns_will_do():
    pair = np.array([0, 1])
    columns = SimpleNamespace(
        ranks=2, chunks=1, inputs=False, step=np.zeros(2, int), source=pair, target=pair[::-1],
        first_chunk=np.zeros(2, int), count=np.ones(2, int), reduce=np.ones(2, bool),
    )  # fmt: skip
    result = merged(columns, packets_of(drawn(2, 9), 'top_k'))
    assert result.sizes.tolist() == [10, 10]  # header, bitmap, number
