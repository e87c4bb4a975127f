from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.figures.style import (
    VARIANT_COLOURS,
    fit,
    look,
    measure,
    name_rows,
    panel,
    spans_decades,
    styled,
)


def test_twenty_eight_variants_look_different():
    looks = {(one.colour, str(one.dash)) for one in map(look, range(28))}

    assert len(looks) == 28


def test_neighbours_differ_in_more_than_colour():
    for index in range(len(VARIANT_COLOURS) - 1):
        first, second = look(index), look(index + 1)
        assert first.marker != second.marker
        assert str(first.dash) != str(second.dash)


@pytest.mark.parametrize(
    ('kind', 'most', 'label', 'last'),
    [
        ('seconds', 0.12, 'time, ms', '100'),
        ('seconds', 4.1e-5, 'time, µs', '40'),
        ('bytes', 3e9, 'time, GB', '3'),
        ('bytes_per_second', 1.25e9, 'time, Gb/s', '10'),
        ('share', 1.0, 'time', '1'),
        ('number', 40, 'time', '40'),
    ],
)
def test_axes_carry_units_and_round_ticks(kind, most, label, last):
    _, ax = panel()
    ax.set_xlim(0, most)

    measure(ax, 'x', kind, 'time')

    assert ax.get_xlabel() == label
    assert [tick.get_text() for tick in ax.get_xticklabels()][-1] == last
    assert all(0 <= tick <= most * (1 + 1e-9) for tick in ax.get_xticks())


def test_a_logarithmic_axis_has_a_unit_at_each_tick():
    _, ax = panel()
    ax.plot([1e-4, 10.0], [1, 1])

    measure(ax, 'x', 'seconds', 'latency', log=True)

    texts = {ax.xaxis.get_major_formatter()(tick) for tick in (1e-3, 1.0)}
    assert texts == {'1 ms', '1 s'}
    assert ax.get_xlabel() == 'latency'


def test_logarithmic_rates_have_ticks_at_round_bits():
    _, ax = panel()
    ax.plot([1, 1], [1e5, 1.25e9])

    measure(ax, 'y', 'bytes_per_second', 'rate', log=True)

    low, high = ax.get_ylim()
    inside = [tick for tick in ax.get_yticks() if low <= tick <= high]
    assert {ax.yaxis.get_major_formatter()(tick) for tick in inside} >= {'1 Mb/s', '1 Gb/s'}


@given(st.text(alphabet='abcdefgh \n', min_size=1, max_size=40), st.integers(220, 500))
@settings(max_examples=15)
def test_no_label_leaves_the_figure(name, width):
    with styled():
        figure, ax = panel(width, 200)
        ax.barh([0, 1], [1, 2])
        ax.set_yticks([0, 1], [name, 'b'])
        ax.set_xlabel('share of the time')
        fit(ax)
        box = ax.get_tightbbox()
        label = max(text.get_window_extent().width for text in ax.get_yticklabels())

    assert box.y0 > -1 and box.y1 < figure.bbox.height + 1
    if label < width / 2:  # else there is no room whatever one does
        assert box.x0 > -1 and box.x1 < figure.bbox.width + 1


@pytest.mark.parametrize(
    ('values', 'wide'),
    [([1, 100], True), ([1, 2], False), ([0, 100], False), ([], False), ([np.nan, 1, 1e3], True)],
)
def test_logarithms_only_where_the_range_asks_for_them(values, wide):
    assert spans_decades(values) is wide


@given(st.lists(st.text('ab,', min_size=1, max_size=14), min_size=1, max_size=9))
@settings(max_examples=40)
def test_names_of_rows_are_whole_or_told_by_both_ends(words):
    _, ax = panel()
    name = ' '.join(words)

    name_rows(ax, [f'{name}\nworkers', 'mean'])

    first, second = (label.get_text() for label in ax.get_yticklabels())
    *lines, last = first.split('\n')
    assert (last, second) == ('workers', 'mean')
    assert len(lines) <= 2
    assert max(map(len, lines)) <= (32 if len(name) > 20 else 20)
    shown = ' '.join(lines)
    if '...' in shown:
        begin, end = shown.split(' ... ')
        assert name.startswith(begin)
        assert name.endswith(end)
        assert len(shown) > 32
    else:
        assert shown == name
