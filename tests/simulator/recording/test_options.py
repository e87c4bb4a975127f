"""What `record:` may ask for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulator.recording.options import EVERYTHING, NOTHING, RecordOptions, Thinning
from simulator.traces import TABLES


def test_every_table_has_a_switch():
    assert set(RecordOptions.model_fields) == set(TABLES)
    assert all(EVERYTHING.wants(table) for table in TABLES)
    assert not any(NOTHING.wants(table) for table in TABLES)


@pytest.mark.parametrize(
    'wrong',
    [
        {'mesages': True},
        {'messages': {}},
        {'messages': {'every': 0}},
        {'messages': {'every': 2, 'share': 0.5}},
        {'messages': {'share': 1.5}},
        {'messages': {'share': 0.0}},
        {'spans': {'every': 2}},
        {'spans': 'no'},  # in YAML 1.2 a text
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        RecordOptions.model_validate(wrong)


@given(st.floats(0.01, 1.0), st.integers(0, 2**40))
def test_a_share_keeps_about_that_share_of_any_stretch(share, first):
    kept = Thinning(share=share).keeps(np.arange(first, first + 4096))
    assert abs(kept.mean() - share) < 6 * np.sqrt(share * (1 - share) / 4096) + 1e-12


@given(st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_larger_share_keeps_what_a_smaller_one_does(one, other):
    small, large = sorted((one, other))
    numbers = np.arange(1000)
    assert (Thinning(share=small).keeps(numbers) <= Thinning(share=large).keeps(numbers)).all()
