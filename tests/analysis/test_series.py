from __future__ import annotations

import pytest

from analysis.groups import group
from analysis.load import load
from analysis.series import arrange


def test_each_algorithm_becomes_a_line_along_the_sizes(sizes):
    lines = arrange(group(load(sizes).runs))

    assert [line.label for line in lines] == ['ring', 'round_robin']
    assert all(line.values == pytest.approx((1e3, 1e4, 1e5, 1e6)) for line in lines)
    assert {(line.axis, line.kind) for line in lines} == {('size', 'bytes')}


def test_no_line_without_a_number_that_varies(healthy):
    assert arrange(group(load(healthy).runs)) == ()
