"""Quantities: what is read, what is written back, what is refused."""

import math
from typing import Annotated

import pytest
from annotated_types import Gt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator.errors import QuantityError
from simulator.units import (
    Bytes,
    BytesPerSecond,
    Count,
    FlopCount,
    FlopsPerSecond,
    Seconds,
    format_quantity,
    parse_quantity,
    quantity_of,
)

KINDS = [Seconds, Bytes, BytesPerSecond, FlopCount, FlopsPerSecond]


@pytest.mark.parametrize(
    ('text', 'kind', 'value'),
    [
        ('50 us', Seconds, 5e-5),
        ('50 µs', Seconds, 5e-5),
        ('0.1us', Seconds, 1e-7),
        ('1.5 h', Seconds, 5400.0),
        ('10 Gb/s', BytesPerSecond, 1.25e9),
        ('10 GiB/s', BytesPerSecond, 10 * 2.0**30),
        ('100 MB', Bytes, 1e8),
        ('1 b', Bytes, 0.125),
        ('.5 KiB', Bytes, 512.0),
        ('4.1 Gflop', FlopCount, 4.1e9),
        (' 1e3 Gflop/s ', FlopsPerSecond, 1e12),
        ('25.6M', Count, 25_600_000),
        ('4 Ki', Count, 4096),
        (16, Count, 16),
        (1e6, Count, 1_000_000),
    ],
)
def test_reads(text, kind, value):
    read = parse_quantity(text, kind)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize('kind', KINDS)
@given(value=st.floats(0, 1e9, exclude_min=True))
def test_writes_what_reads_back_exactly(kind, value):
    assert parse_quantity(format_quantity(value, kind), kind) == value


@given(st.integers(0, 10**15))
def test_counts_read_back_exactly(value):
    assert parse_quantity(format_quantity(value, Count), Count) == value


@pytest.mark.parametrize(
    ('value', 'kind', 'text'),
    [
        (0.0, Seconds, '0 s'),
        (1e-12, Seconds, '0.001 ns'),
        (90.0, Seconds, '90 s'),
        (1.25e9, BytesPerSecond, '10 Gb/s'),
        (2**20, Bytes, '1.048576 MB'),
        (1797, Count, '1797'),
        (1_048_577, Count, '1048577'),
        (25_600_000, Count, '25.6M'),
        (math.inf, Bytes, 'inf B'),
    ],
)
def test_writes(value, kind, text):
    assert format_quantity(value, kind) == text


def test_rounds_for_people_and_carries_into_the_next_unit():
    assert format_quantity(0.9996, Seconds, digits=3) == '1 s'
    assert format_quantity(-0.0123, Seconds, digits=2) == '-12 ms'


@pytest.mark.parametrize(
    ('text', 'kind', 'message'),
    [
        (50, Seconds, "50 carries no unit; write a time such as '50 us'"),
        ('50', Seconds, "50 carries no unit; write a time such as '50 us'"),
        (True, Seconds, "must be a time such as '50 us', not True"),
        (['1 s'], Seconds, "must be a time such as '50 us', not ['1 s']"),
        ('soon', Seconds, "'soon' is no time; write it as in '50 us'"),
        ('', Seconds, "'' is no time; write it as in '50 us'"),
        ('2e9 GB', Bytes, "'2e9 GB' is absurd: a size is at most '1 EB'"),
        ('1e999999999999999999999 s', Seconds, "'1e999999999999999999999 s' is no time"),
        ('1e9999999 s', Seconds, "'1e9999999 s' is absurd: a time is at most '1e9 s'"),
        ('1e-9999999 b/s', BytesPerSecond, "'1e-9999999 b/s' must be more than 0"),
        ('-1 s', Seconds, "'-1 s' must be at least 0"),
        ('0 b/s', BytesPerSecond, "'0 b/s' must be more than 0"),
        ('10 GB', BytesPerSecond, "'10 GB' is a size; a rate such as '10 Gb/s' is due"),
        ('1.5', Count, "'1.5' is not a whole number"),
        (1.5, Count, '1.5 is not a whole number'),
        (float('nan'), Count, 'nan is not a whole number'),
        (float('inf'), Count, 'inf is not a whole number'),
        (1e30, Count, "'1000000000000000019884624838656' is absurd: a count is at most '1P'"),
        ('-1', Count, "'-1' must be at least 0"),
    ],
)
def test_refuses_and_says_what_would_be_right(text, kind, message):
    with pytest.raises(QuantityError) as refused:
        parse_quantity(text, kind)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ('text', 'kind', 'meant'),
    [
        ('10 Gbps', BytesPerSecond, 'Gb/s'),
        ('10 Gbit/s', BytesPerSecond, 'Gb/s'),
        ('10 gb/s', BytesPerSecond, 'Gb/s'),
        ('10 KB', Bytes, 'kB'),
        ('10 Kb', Bytes, 'kb'),
        ('1 sec', Seconds, 's'),
        ('1 Tflops', FlopsPerSecond, 'Tflop/s'),
        ('1 TFLOPS', FlopsPerSecond, 'Tflop/s'),
        ('25m', Count, 'M'),
    ],
)
def test_knows_what_was_meant(text, kind, meant):
    with pytest.raises(QuantityError, match=f'did you mean {meant!r}'):
        parse_quantity(text, kind)


@given(st.text(max_size=12))
def test_never_fails_otherwise(text):
    for kind in (*KINDS, Count):
        try:
            parse_quantity(text, kind)
        except QuantityError as error:
            assert str(error)


def test_pydantic_reads_writes_and_bounds():
    times = TypeAdapter(Annotated[Seconds, Gt(0)])
    assert times.validate_python('2 ms') == 0.002
    assert times.dump_python(0.002) == '2 ms'
    with pytest.raises(ValidationError, match='greater than 0'):
        times.validate_python('0 s')


def test_json_schema_is_for_editors():
    schema = TypeAdapter(Seconds).json_schema()
    assert schema['type'] == 'string'
    assert schema['examples'] == [quantity_of(Seconds).example]
