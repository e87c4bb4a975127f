import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.compression import Floats, bfloat16, decode, encode, float16, identity

few = settings(max_examples=50)

RNG = np.random.default_rng(0)


def sent(compressor, values):
    return compressor.apply(np.array(values, np.float32), (), RNG)[0]


@few
@given(arrays(np.float32, st.integers(1, 20), elements=st.floats(width=32)))
def test_identity_changes_no_bit(vector):
    packet = sent(identity(), vector)
    assert packet.bytes == vector.nbytes
    assert packet.vector.tobytes() == encode(packet) == vector.tobytes()


def test_all_halves_survive():
    bits = np.arange(2**16, dtype=np.uint16)
    for form in (Floats('float16'), Floats('bfloat16')):
        values = form.vector(bits, len(bits))
        back = form.vector(form.content(values), len(bits))
        np.testing.assert_array_equal(back, values)


@few
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_bfloat16_is_the_nearest_there_is_even_among_equals(value):
    exact = np.float32(value)
    above = (exact.view(np.uint32) >> 16).astype(np.uint16)
    around = [int(above), min(int(above) + 1, 0x7F7F if value >= 0 else 0xFF7F)]
    near = Floats('bfloat16').vector(np.array(around, np.uint16), 2).astype(float)
    best = min(zip(np.abs(near - float(exact)), [b & 1 for b in around], near, strict=True))
    assert sent(bfloat16(), [value]).vector[0] == best[2]


@few
@given(st.floats(-65504, 65504, width=32))
def test_float16_is_numpy_s(value):
    assert sent(float16(), [value]).vector[0] == np.float16(value)


@pytest.mark.parametrize(('make', 'most'), [(float16, 65504.0), (bfloat16, 3.3895313892515355e38)])
def test_beyond_the_range_is_its_end_but_inf_stays_inf(make, most):
    packet = sent(make(), [3.4e38, -3.4e38, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(packet.vector, np.float32([most, -most, np.inf, -np.inf, np.nan]))


def test_the_nan_that_rounding_would_turn_into_zero():
    nan = np.array([0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001], np.uint32).view(np.float32)
    packet = sent(bfloat16(), nan)
    assert np.isnan(packet.vector).all()
    assert np.isnan(decode(encode(packet), packet.form, 3)).all()
