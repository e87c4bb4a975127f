"""Simulated seconds, texts and scalars on their way into columns."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.recording.columns import Coded, Names, columns_of, nanoseconds
from simulator.traces import TABLES


@given(st.floats(0, 4e6))  # up to 46 days, a float still tells nanoseconds apart
def test_time_is_rounded_to_the_nearest_nanosecond(seconds):
    error = Fraction(int(nanoseconds(seconds))) - Fraction(seconds) * 10**9
    assert abs(error) <= Fraction(1, 2) + Fraction(seconds) * 10**9 / 2**52


@given(st.integers(0, 2**50))  # 13 days
def test_whole_nanoseconds_survive_the_way_through_seconds(count):
    assert nanoseconds(count / 1e9) == count


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_rounding_keeps_the_order_of_events(times):
    assert (np.diff(nanoseconds(sorted(times))) >= 0).all()


def test_a_time_beyond_the_traces_is_refused():
    with pytest.raises(OverflowError, match='1e\\+10 s: traces end at 292 years'):
        nanoseconds([0.0, 1e10])


@given(st.lists(st.sampled_from('abcd')), st.permutations('abcd'))
def test_texts_read_back_however_they_are_handed_over(texts, names):
    numbering = Names()
    coded = Coded(np.array([names.index(text) for text in texts], np.int8), names)
    for form in (texts, np.array(texts, str), coded):
        assert [numbering.texts[code] for code in numbering.codes(form)] == texts


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'kind': None}, 'nodes: column kind is missing'),
        ({'z': 0.0}, r"nodes: no column \['z'\]; it has"),
        ({'x': np.zeros(3)}, 'nodes: columns differ in length'),
    ],
)
def test_columns_that_do_not_fit_the_table_are_refused(change, message):
    given = {'node': [0, 1], 'kind': 'host', 'role': 'worker', 'x': 0.0, 'y': 0.0} | change
    given = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        columns_of(TABLES['nodes'], given, {'kind': Names(), 'role': Names()})
