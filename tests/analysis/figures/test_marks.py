from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.figures.marks import mark, plotted, told, trace
from analysis.figures.style import fit, measure, panel, styled
from analysis.figures.svg import alone, inline


def drawn(x, y, *, log=False):
    figure, ax = panel(200, 100)
    [line] = ax.plot(x, y)
    trace(line, variant=4, name='a "ring" & <more>')
    measure(ax, 'x', 'seconds', 'time', log=log)
    measure(ax, 'y', 'share', 'accuracy')
    fit(ax)
    return figure, ax


def test_points_and_scales_are_told():
    with styled():
        figure, ax = drawn([1.0, 2.0, 4.0], [0.1, 0.5, 0.9], log=True)
        content = json.loads(plotted(figure))

    assert content['x'] == {'kind': 'seconds', 'log': 1, 'ends': pytest.approx(ax.get_xlim(), 1e-4)}
    assert content['y']['kind'] == 'share'
    assert content['lines'] == [
        {'v': 4, 'name': 'a "ring" & <more>', 'x': [1, 2, 4], 'y': [0.1, 0.5, 0.9]}
    ]
    left, low, right, high = content['box']
    assert 0 < left < right < 200
    assert 0 < high < low < 100


def test_long_lines_are_thinned_and_gaps_left_out():
    with styled():
        figure, _ = drawn(np.arange(1000.0), np.where(np.arange(1000) % 10, 0.5, np.nan))
        [line] = json.loads(plotted(figure))['lines']

    assert len(line['x']) == len(line['y']) <= 120
    assert (line['x'][0], line['x'][-1]) == (1, 999)


def test_a_figure_without_traces_tells_nothing():
    figure, ax = panel()
    ax.plot([1, 2], [3, 4])
    assert plotted(figure) == ''


def test_marks_become_attributes_that_markup_cannot_break():
    with styled():
        figure, ax = panel(200, 100)
        [bar] = ax.barh(0, 1.0)
        mark(bar, variant=2, tip='"><script>x</script>: 1 s')
        picture = inline(figure, 'key', 'a bar')

    assert ' data-v="2" data-tip="&#34;&gt;&lt;script&gt;x&lt;/script&gt;: 1 s"' in picture
    assert 'mark:' not in picture
    assert '<script' not in picture


def test_a_picture_alone_has_colours_and_no_data():
    with styled():
        picture = alone(inline(drawn([1, 2], [0.1, 0.2])[0], 'key', 'a line'))

    assert 'var(' not in picture
    assert 'data-' not in picture
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg" role="img"')


def test_what_was_never_marked_tells_nothing():
    _, ax = panel()
    [line] = ax.plot([1], [2])
    line.set_gid('mine')
    assert told(line) == {}
