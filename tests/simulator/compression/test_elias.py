from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.compression import encode, qsgd
from simulator.compression.elias import omega, omega_bits, read_omega


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
def test_codes_one_after_the_other_are_told_apart(numbers):
    codes = [omega(number) for number in numbers]
    assert [len(code) for code in codes] == omega_bits(np.array(numbers)).tolist()
    bits = iter([int(bit) for bit in chain(*codes)])
    assert [read_omega(bits) for _ in numbers] == numbers


def test_a_few_levels_take_few_bits():
    rng, d = np.random.default_rng(0), 4096
    vector = rng.standard_normal(d).astype(np.float32)
    few, _ = qsgd(levels=1, chunk='whole', coding='elias').apply(vector, (), rng)
    many, _ = qsgd(levels=64, chunk='whole', coding='elias').apply(vector, (), rng)
    # Alistarh et al., theorem 3.2, without its o(1); and corollary 3.3: 2.8 d + 32
    assert 8 * few.bytes <= (3 + 1.5 * np.log2(2 * (1 + d) / (1 + d**0.5))) * (1 + d**0.5) + 32
    assert 8 * many.bytes <= 2.8 * d + 32
    assert len(encode(many)) == many.bytes
