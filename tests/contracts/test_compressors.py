"""What every compressor of the catalogue promises, alone and in company."""

import numpy as np
import pytest

from simulator.compression import COMPRESSORS, CompressionError, composed, decode, encode

SHAPES = [(6, 8), (8,), (8, 3, 2), (5,)]
D = 48 + 8 + 48 + 5

# each entry as short as can be, then with its other options
LISTS = {
    'identity': ['identity'],
    'float16': ['float16'],
    'bfloat16': ['bfloat16'],
    'int8': ['int8'],
    'int8 at random': [{'int8': {'chunk': 7, 'rounding': 'stochastic'}}],
    'qsgd': ['qsgd'],
    'qsgd, whole': [{'qsgd': {'levels': 2, 'chunk': 'whole'}}],
    'qsgd, 9 bits': [{'qsgd': {'levels': 200, 'chunk': 10}}],
    'qsgd, Elias': [{'qsgd': {'levels': 3, 'chunk': 50, 'coding': 'elias'}}],
    'terngrad': ['terngrad'],
    'terngrad, clipped': [{'terngrad': {'chunk': 30, 'clip': 2.5}}],
    'sign': ['sign'],
    'sign, chunks': [{'sign': {'chunk': 10}}],
    'top_k': ['top_k'],
    'top_k, count': [{'top_k': {'count': 20}}],
    'random_k': [{'random_k': {'share': 0.2}}],
    'random_k, unscaled': [{'random_k': {'count': 8, 'scaled': False}}],
    'threshold': [{'threshold': {'value': 1.0}}],
    'dgc': ['dgc'],
    'dgc, all': [{'dgc': {'share': 0.1, 'momentum': 0.5, 'clip': 3.0, 'warm_up': 6}}],
    'low_rank': ['low_rank'],
    'low_rank, rank 1': [{'low_rank': {'rank': 1}}],
    'error_feedback': [{'top_k': {'share': 0.1}}, 'error_feedback'],
    'top_k, float16': [{'top_k': {'share': 0.3}}, 'float16'],
    'top_k, sign, fed back': [{'top_k': {'count': 30}}, 'sign', 'error_feedback'],
    'top_k, all, bfloat16': [{'top_k': {'share': 1.0}}, 'bfloat16'],
    'random_k, qsgd': [{'random_k': {'share': 0.5}}, 'qsgd'],
    'threshold, Elias': [{'threshold': {'value': 1.0}}, {'qsgd': {'coding': 'elias'}}],
    'low_rank, float16, fed back': ['low_rank', 'float16', 'error_feedback'],
    'dgc, terngrad': [{'dgc': {'share': 0.2}}, 'terngrad'],
    'sign, fed back': ['sign', 'error_feedback'],
}

VECTORS = {
    'normal': lambda rng: rng.standard_normal(D),
    'heavy': lambda rng: rng.standard_cauchy(D),
    'one': lambda rng: np.eye(D)[3] * -7,
    'equal': lambda rng: np.full(D, 0.3),
    'zero': lambda rng: np.zeros(D),
    'signed zero': lambda rng: np.full(D, -0.0),
    'tiny': lambda rng: 1e-44 * rng.standard_normal(D),
    'huge': lambda rng: 3e38 * rng.uniform(-1, 1, D),
    'nan': lambda rng: np.where(np.arange(D) == 5, np.nan, rng.standard_normal(D)),
    'inf': lambda rng: np.where(np.arange(D) == 90, -np.inf, rng.standard_normal(D)),
}


def made(choices):
    return composed([COMPRESSORS.read(each) for each in choices], shapes=SHAPES, workers=4)


def drawn(kind, seed=0):
    return VECTORS[kind](np.random.default_rng(seed)).astype(np.float32)


def walk(compressor, vectors, seed=0):
    state, rng = compressor.init(len(vectors[0])), np.random.default_rng(seed)
    for vector in vectors:
        packet, state = compressor.apply(vector, state, rng)
        yield packet, state


@pytest.fixture(params=LISTS)
def compressor(request):
    return made(LISTS[request.param])


def test_every_entry_is_put_to_the_test():
    names = {
        each if isinstance(each, str) else next(iter(each)) for c in LISTS.values() for each in c
    }
    assert names == set(COMPRESSORS)


@pytest.mark.parametrize('kind', VECTORS)
def test_the_size_is_that_of_the_encoding_and_decoding_gives_the_vector(compressor, kind):
    vectors = [drawn(kind, seed) for seed in range(3)]
    for step, (packet, _) in enumerate(walk(compressor, vectors)):
        data = encode(packet)
        assert len(data) == packet.bytes == (compressor.size(D, step) or packet.bytes)
        decoded = decode(data, compressor.form, D)
        assert decoded.dtype == packet.vector.dtype == np.float32
        assert decoded.tobytes() == packet.vector.tobytes()
        if packet.indices is not None:
            assert (np.diff(packet.indices) > 0).all()
            assert not np.delete(packet.vector, packet.indices).any()


@pytest.mark.parametrize('name', [name for name in LISTS if 'low_rank' not in name])
def test_any_length_will_do(name):
    compressor = made(LISTS[name])
    for d in (1, 2, 9, 33, 1000):
        for step, (packet, _) in enumerate(walk(compressor, [np.linspace(-2, 1, d)] * 2)):
            data = encode(packet)
            assert len(data) == packet.bytes == (compressor.size(d, step) or packet.bytes)
            assert decode(data, compressor.form, d).tobytes() == packet.vector.tobytes()


@pytest.mark.parametrize('kind', ['normal', 'heavy', 'one', 'equal'])
def test_its_error_stays_within_the_bound(compressor, kind):
    bound = compressor.promises.error
    if bound is None:
        return
    vector, draws = drawn(kind), 200
    packets = [packet for packet, _ in walk(compressor, [vector] * draws)]
    errors = [((packet.vector - vector).astype(float) ** 2).sum() for packet in packets]
    noise = 5 * np.std(errors) / draws**0.5  # of the mean of so many draws
    # some bounds are reached: leave room for float32's rounding
    most = bound(D) * (1 + 1e-6) + 1e-12
    assert np.mean(errors) <= most * (vector.astype(float) ** 2).sum() + noise


def deviation(packets):
    """Return how far each entry's mean can be off: Maurer & Pontil's empirical Bernstein bound.

    One entry in ten million exceeds it by chance, whatever law it is drawn from.
    """
    draws, unlikely = len(packets), np.log(2e7)
    span = np.ptp(packets, axis=0).max()  # an entry may not have shown all of its own
    spread = packets.std(axis=0, ddof=1) * np.sqrt(2 * unlikely / draws)
    return spread + 7 * span * unlikely / (3 * (draws - 1))


def test_where_it_says_so_it_is_unbiased(compressor):
    if not compressor.promises.unbiased:
        return
    vector = drawn('normal')
    packets = np.array([p.vector for p, _ in walk(compressor, [vector] * 2000)], float)
    assert (np.abs(packets.mean(axis=0) - vector) <= deviation(packets) + 1e-6).all()


def test_where_it_does_not_it_is_not(compressor):
    if compressor.promises.unbiased or compressor.promises.memory:
        return
    vector = drawn('heavy')
    packets = np.array([p.vector for p, _ in walk(compressor, [vector] * 500)], float)
    assert (np.abs(packets.mean(axis=0) - vector) > deviation(packets)).any()


def test_it_is_a_pure_function(compressor):
    vector = drawn('normal')
    vector.setflags(write=False)
    (_, state), *_ = walk(compressor, [vector])
    (first, after), (second, again) = (
        compressor.apply(vector, state, np.random.default_rng(1)) for _ in range(2)
    )
    assert encode(first) == encode(second)
    np.testing.assert_equal(after, again)


def test_many_at_once_get_bitwise_what_each_gets_alone(compressor):
    alone = [list(walk(compressor, [drawn(k, 1), drawn(k, 2)], seed=9)) for k in VECTORS]
    states = [compressor.init(D) for _ in VECTORS]
    rngs = [np.random.default_rng(9) for _ in VECTORS]
    for step in range(2):
        vectors = np.stack([drawn(kind, step + 1) for kind in VECTORS])
        together = compressor.apply_all(vectors, states, rngs)
        states = [state for _, state in together]
        for mine, (packet, state) in zip(alone, together, strict=True):
            assert encode(mine[step][0]) == encode(packet)
            np.testing.assert_equal(mine[step][1], state)


@pytest.mark.parametrize('kind', ['nan', 'inf'])
@pytest.mark.parametrize('name', [name for name in LISTS if 'random_k' not in name])
def test_what_is_not_finite_is_seen_and_then_forgotten(name, kind):
    packets = [p for p, _ in walk(made(LISTS[name]), [drawn(kind), *[drawn('normal')] * 3])]
    assert not np.isfinite(packets[0].vector).all()
    for packet in packets[1:]:
        assert np.isfinite(packet.vector).all()


def test_it_states_what_it_costs(compressor):
    assert 0 <= compressor.flops(D) <= 100 * D * 10


@pytest.mark.parametrize('name', COMPRESSORS)
def test_it_is_documented(name):
    entry = COMPRESSORS.entry(name)
    assert entry.doc.references or name == 'identity'
    assert set(entry.parameters) <= set(entry.doc.parameters)


def test_error_feedback_follows_just_those_whose_error_is_bounded_by_the_vector():
    for name, choices in LISTS.items():
        if 'error_feedback' in choices:
            continue
        promises = made(choices).promises
        fits = not promises.memory and (promises.error is None or promises.error(2**40) <= 1)
        try:
            made([*choices, 'error_feedback'])
        except CompressionError:
            assert not fits, name
        else:
            assert fits, name
