"""Intervals: every so many rounds, epochs or seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from simulator.errors import QuantityError
from simulator.scenario.interval import Interval, format_interval, parse_interval
from simulator.training import Every


@pytest.mark.parametrize(
    ('text', 'count', 'unit'),
    [
        ('1 epoch', 1.0, 'epochs'),
        ('0.5 epochs', 0.5, 'epochs'),
        ('10rounds', 10.0, 'rounds'),
        ('250 ms', 0.25, 'seconds'),
    ],
)
def test_reads(text, count, unit):
    assert parse_interval(text) == Every(count, unit)


@given(
    st.builds(Every, st.floats(1e-6, 1e6), st.sampled_from(['epochs', 'seconds']))
    | st.builds(Every, st.integers(1, 10**9).map(float), st.just('rounds'))
)
def test_writes_what_it_reads(every):
    assert parse_interval(format_interval(every)) == every
    adapter = TypeAdapter(Interval)
    assert adapter.validate_python(adapter.dump_python(every)) == every


@pytest.mark.parametrize('text', ['epoch', '5', 5, None, '0 rounds', '1.5 rounds', '-1 s', '1 GB'])
def test_refuses(text):
    with pytest.raises(QuantityError):
        parse_interval(text)
