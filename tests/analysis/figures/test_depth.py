"""The figures of paths, use, trade-offs and lines: axes in, axes out."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.figures import front, path_bars, traffic_matrix, use_curves
from analysis.figures.along import along
from analysis.figures.marks import told
from analysis.figures.style import panel
from analysis.groups import group
from analysis.load import load
from analysis.metrics import costs, critical_shares, matrix, use_over_time
from analysis.report.nodes import staleness_shares
from analysis.series import Series


@pytest.fixture(scope='module')
def groups(healthy):
    return group(load(healthy).runs)


def axes():
    return panel()[1]


def test_a_path_is_a_bar_of_its_shares(groups):
    ax = path_bars(axes(), groups)

    widths = np.array([bar.get_width() for bar in ax.patches]).reshape(2, -1)
    np.testing.assert_allclose(widths, [critical_shares(g).to_numpy() for g in groups])
    assert {told(bar)['v'] for bar in ax.patches} == {0, 1}


@pytest.mark.parametrize('of', ['devices', 'links'])
def test_use_is_a_line_a_group(groups, of):
    ax = use_curves(axes(), groups, of=of)

    for g, line in zip(groups, ax.lines, strict=True):
        np.testing.assert_allclose(line.get_ydata(), use_over_time(g.first, of)['share'])
        assert told(line) == {'v': g.index, 'name': g.label}
    assert len(ax.get_legend().get_texts()) == 2


def test_marks_on_the_front_are_full(groups):
    found = costs(groups)
    ax = front(axes(), found, x='bytes')

    for cost, dot in zip(found.values(), ax.lines, strict=True):
        assert dot.get_xdata() == pytest.approx([cost.bytes])
        assert (dot.get_markerfacecolor() == dot.get_color()) is cost.efficient
        assert ('on the front' in told(dot)['tip']) is cost.efficient


def test_the_matrix_has_a_cell_for_each_pair(groups):
    run = groups[0].first
    ax = traffic_matrix(axes(), run)

    cells = sum(len(artist.get_path().vertices) // 5 for artist in ax.patches)
    assert cells == len(matrix(run)) ** 2
    assert ax.get_ylim() == (len(matrix(run)) - 0.5, -0.5)


def test_a_line_lacks_the_points_that_a_seed_never_reached(groups):
    values = {groups[0]: [1.0, 3.0], groups[1]: [2.0, np.nan]}
    by_run = {run: v for g, vs in values.items() for run, v in zip(g.runs, vs, strict=True)}
    line = Series('both', 5, groups, (4.0, 64.0), 'workers', 'number')

    ax = along(axes(), [line], figure=by_run.get, kind='seconds', label='time')

    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [2.0, np.nan])
    assert [*ax.lines[1].get_ydata()] == [1.0, 3.0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ['4', '64']
    assert ax.get_xscale() == 'log'


def test_staleness_rises_to_one(make, tmp_path):
    rows = {
        'time_ns': [1, 2, 3], 'step': [1] * 3, 'epoch': [0.0] * 3, 'device': [0, 1, 0],
        'metric': ['staleness'] * 3, 'value': [0.0, 2.0, 2.0],
    }  # fmt: skip
    groups = group(load(make(tmp_path / 'run', tables={'metrics': rows})).runs)

    [line] = staleness_shares(axes(), groups).lines

    np.testing.assert_allclose(line.get_ydata(), [0, 1 / 3, 1])
    np.testing.assert_allclose(line.get_xdata(), [-0.5, 0, 2])
