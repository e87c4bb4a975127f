"""What heat maps and curves of robustness draw."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from analysis.figures import panel
from analysis.figures.robustness import GAP, against_number, heat_map, heat_map_size
from analysis.figures.style import USE_COLOURS
from analysis.groups import group
from analysis.load import load


@pytest.fixture
def ax():
    return panel()[1]


def test_the_better_the_darker_and_the_worst_at_the_right(ax):
    heat_map(ax, np.array([[0.1, 0.9], [0.5, np.nan]]), ['mean', 'krum'], ['zero', 'no_news'])
    texts = {(t.get_position(), t.get_text()) for t in ax.texts}
    right = 2 + GAP
    assert texts == {
        ((0, 0), '0.10'), ((1, 0), '0.90'), ((right, 0), '0.10'),
        ((0, 1), '0.50'), ((1, 1), '–'), ((right, 1), '0.50'),
    }  # fmt: skip
    colours = [to_hex(box.get_facecolor()) for box in ax.patches]
    assert colours[:2] == [USE_COLOURS[0], USE_COLOURS[-1]]
    assert [t.get_text() for t in ax.get_xticklabels()] == ['zero', 'no news', 'worst case']


def test_where_less_is_better_the_worst_is_the_most(ax):
    table = np.array([[0.01, 0.1], [1.0, 100.0]])
    heat_map(ax, table, ['a', 'b'], ['x', 'y'], kind='number', rising=False)
    written = {t.get_position(): t.get_text() for t in ax.texts}
    assert (written[2 + GAP, 0], written[2 + GAP, 1]) == ('0.1', '100')
    # by their logarithms, four steps of the same size
    colours = [to_hex(box.get_facecolor()) for box in ax.patches]
    order = [USE_COLOURS.index(colours[k]) for k in (0, 1, 3, 4)]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) == 4


def test_larger_tables_get_more_room():
    assert heat_map_size(['a'] * 9, ['x'] * 5) > heat_map_size(['a'], ['x'])


def test_lines_run_through_the_means_of_the_seeds(ax, make, tmp_path):
    for seed, accuracy in ((1, 0.5), (2, 0.7)):
        make(tmp_path / f'{seed}', manifest={'seed': seed}, summary={'test_accuracy': accuracy})
    (g,) = group(load(tmp_path).runs)
    figure = lambda run: run.summary['test_accuracy']
    against_number(ax, [(g, [0.0, 3.0], [g, g])], figure, x='liars', y='accuracy', kind='share')
    (line,) = ax.lines
    assert list(line.get_ydata()) == pytest.approx([0.6, 0.6])
    assert list(line.get_xdata()) == [0.0, 3.0]
