"""Laws of chance: units of their parameters, values within their range, stable draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator.cluster.laws import (
    LAWS,
    ChanceOrLaw,
    RateOrLaw,
    TimeOrLaw,
    drawn,
    laws_of,
)
from simulator.seeds import Seeds
from simulator.units import Seconds

TIMES = {
    'uniform': {'low': '10 us', 'high': '60 us'},
    'normal': {'mean': '50 us', 'deviation': '40 us'},
    'lognormal': {'median': '50 us', 'sigma': 1.0},
    'exponential': {'mean': '50 us'},
    'choice': {'values': ['10 us', '20 us'], 'weights': [1.0, 3.0]},
}


def rng():
    return Seeds(1).stream('latency')


@pytest.mark.parametrize('name', LAWS)
def test_every_law_draws_finite_positive_values_in_base_units(name):
    law = TypeAdapter(TimeOrLaw).validate_python({name: TIMES[name]})
    values = drawn(law, rng(), 1000)
    assert values.shape == (1000,)
    assert ((values > 0) & (values < 0.1)).all()
    assert np.array_equal(values, drawn(law, rng(), 1000))


@pytest.mark.parametrize('name', LAWS)
def test_every_law_is_written_as_it_was_read(name):
    times = TypeAdapter(TimeOrLaw)
    law = times.validate_python({name: TIMES[name]})
    assert times.validate_python(times.dump_python(law)) == law


def test_moments():
    laws = laws_of('law', Seconds)
    size = 20_000
    exponential = laws.read({'exponential': {'mean': '2 s'}})(rng(), size)
    assert exponential.mean() == pytest.approx(2, rel=0.05)
    lognormal = laws.read({'lognormal': {'median': '2 s', 'sigma': 0.5}})(rng(), size)
    assert np.median(lognormal) == pytest.approx(2, rel=0.05)
    assert np.log(lognormal).std() == pytest.approx(0.5, rel=0.05)
    choice = laws.read({'choice': TIMES['choice']})(rng(), size)
    assert (choice == 2e-5).mean() == pytest.approx(0.75, abs=0.02)


@settings(max_examples=25)
@given(low=st.integers(1, 10**6), width=st.integers(0, 10**6), seed=st.integers(0, 99))
def test_uniform_keeps_its_bounds(low, width, seed):
    law = TypeAdapter(TimeOrLaw).validate_python(
        {'uniform': {'low': f'{low} ns', 'high': f'{low + width} ns'}}
    )
    values = drawn(law, np.random.default_rng(seed), 50)
    assert (low * 1e-9 * (1 - 1e-12) <= values).all()
    assert (values <= (low + width) * 1e-9 * (1 + 1e-12)).all()


def test_a_value_is_the_same_everywhere():
    rate = TypeAdapter(RateOrLaw).validate_python('8 b/s')
    assert drawn(rate, rng(), 3).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ('kind', 'data', 'message'),
    [
        (RateOrLaw, {'uniform': {'low': '1 s', 'high': '2 b/s'}}, 'a rate such as'),
        (RateOrLaw, 5, 'carries no unit'),
        (TimeOrLaw, {'uniform': {'low': '2 s', 'high': '1 s'}}, 'at most high'),
        (TimeOrLaw, {'normal': {'mean': '0 s', 'deviation': '1 s'}}, 'more than 0'),
        (TimeOrLaw, {'choice': {'values': ['1 s'], 'weights': [1.0, 2.0]}}, '2 weights for 1'),
        (TimeOrLaw, {'choice': {'values': ['1 s'], 'weights': [0.0]}}, 'all 0'),
        (TimeOrLaw, {'choice': {'values': []}}, 'at least 1 item'),
        (TimeOrLaw, {'gauss': {'mean': '1 s'}}, "no law of a time 'gauss'"),
        (ChanceOrLaw, 1.0, 'less than 1'),
        (ChanceOrLaw, '0.1', 'valid number'),
    ],
)
def test_refuses(kind, data, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(kind).validate_python(data)


def test_editors_learn_both_ways():
    schema = TypeAdapter(TimeOrLaw).json_schema()
    assert schema['anyOf'][0]['type'] == 'string'
