import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.compression.bits import pack, packed_bytes, unpack, width

few = settings(max_examples=50)


@st.composite
def numbers(draw):
    choices = draw(st.integers(2, 70000))
    return choices, draw(st.lists(st.integers(0, choices - 1), max_size=40))


@few
@given(numbers())
def test_what_is_packed_comes_back(case):
    choices, values = case
    data = pack(np.array(values, np.int64), choices)
    assert len(data) == packed_bytes(len(values), choices)
    assert unpack(data, len(values), choices).tolist() == values


@few
@given(st.lists(st.integers(0, 2), max_size=40))
def test_five_of_three_choices_share_a_byte(values):
    data = pack(np.array(values, np.int64), 3)
    assert len(data) == -(-len(values) // 5)
    digits = [byte // 3**k % 3 for byte in data for k in range(5)]
    assert digits[: len(values)] == values


@few
@given(st.integers(1, 2**40))
def test_as_many_bits_as_it_takes(choices):
    assert choices <= 2 ** width(choices)
    assert choices == 1 or choices > 2 ** (width(choices) - 1)
