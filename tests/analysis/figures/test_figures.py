"""Every figure draws, on anybody's axes, what its data says, and no more than a page can bear."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures import (
    activity_bars,
    against,
    call_bars,
    gantt,
    inline,
    latencies,
    learning,
    link_traffic,
    look,
    node_traffic,
    panel,
    prediction_bars,
    step_diagram,
    styled,
    target_dots,
    topology,
)
from analysis.figures.activity import LANES, lanes
from analysis.groups import group
from analysis.load import load, read_run
from analysis.metrics import by_link, by_node, choose_target
from analysis.series import arrange


@pytest.fixture(scope='module')
def groups(healthy):
    return group(load(healthy).runs)


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.mark.parametrize('x', ['seconds', 'rounds', 'bytes'])
@pytest.mark.parametrize('y', ['test_accuracy', 'test_loss'])
def test_learning_is_a_line_and_a_band_for_each_variant(groups, ax, x, y):
    assert learning(ax, groups, x=x, y=y) is ax

    assert [line.get_label() for line in ax.lines] == [g.label for g in groups]
    assert [line.get_color() for line in ax.lines] == [look(g.index).colour for g in groups]
    assert len(ax.collections) == len(groups)
    assert ax.get_xlabel()


def test_the_target_is_a_level(groups, ax):
    target = choose_target(groups)

    learning(ax, groups, target=target)

    assert any(set(line.get_ydata()) == {target.value} for line in ax.lines)


def test_one_seed_has_no_band(groups, ax):
    learning(ax, group([groups[0].first]))

    assert not ax.collections


def test_dots_stand_where_seeds_reached_the_target(groups, ax):
    target_dots(ax, groups, choose_target(groups))

    assert [label.get_text() for label in ax.get_yticklabels()] == [g.label for g in groups]


def test_shares_fill_the_width(groups, ax):
    activity_bars(ax, groups)

    for row in {round(bar.get_y(), 3) for bar in ax.patches}:
        widths = [bar.get_width() for bar in ax.patches if round(bar.get_y(), 3) == row]
        assert sum(widths) == pytest.approx(1.0)


def test_bars_are_the_traffic_of_nodes_and_links(groups, ax):
    node_traffic(ax, groups[0])

    sent = [bar.get_height() for bar in ax.patches if bar.get_height() > 0]
    assert sent == by_node(groups[0].first)['sent'].tolist()

    other = Figure().add_subplot()
    link_traffic(other, groups[0], most=3)
    carried = [bar.get_width() for bar in other.patches]
    assert carried == by_link(groups[0].first)['bytes'].tolist()[:3]


def test_a_network_without_places_is_laid_out(groups, make, tmp_path, ax):
    run = groups[0].first
    nodes = dict(run.table('nodes'))
    tables = {'links': dict(run.table('links')), 'nodes': {**nodes, 'x': [np.nan] * 6}}
    topology(ax, group([read_run(make(tmp_path / 'run', tables=tables))])[0])

    places = np.concatenate([c.get_offsets() for c in ax.collections if len(c.get_offsets())])
    assert np.isfinite(places).all()
    assert len(np.unique(places.round(6), axis=0)) > 1


def test_latency_rises_to_one(groups, ax):
    latencies(ax, groups, part='total')

    assert all(line.get_ydata()[-1] == 1.0 for line in ax.lines)
    assert ax.get_xscale() == 'log'


def test_collectives_by_size_and_step(sizes, ax):
    found = group(load(sizes).runs)

    against(ax, arrange(found))
    against(Figure().add_subplot(), arrange(found), y='bus_bandwidth')
    call_bars(Figure().add_subplot(), found)
    step_diagram(Figure().add_subplot(), found[0].first)

    assert {ax.get_xscale(), ax.get_yscale()} == {'log'}
    prediction_bars(Figure().add_subplot(), found)


def busy(make, folder, devices, spans):
    """A run whose devices do nothing but short computations."""
    n = devices * spans
    starts = np.tile(np.arange(spans) * 1_000_000, devices)
    tables = {
        'nodes': {
            'node': range(devices),
            'kind': ['host'] * devices,
            'role': ['worker'] * devices,
            'x': [0.0] * devices,
            'y': [0.0] * devices,
        },
        'spans': {
            'device': np.repeat(np.arange(devices), spans),
            'activity': ['compute'] * n,
            'operation': [''] * n,
            'step': [0] * n,
            'start_ns': starts,
            'end_ns': starts + 400_000,
        },
    }
    return read_run(make(folder, tables=tables, summary={'simulated_seconds': spans / 1e3}))


def test_a_hundred_thousand_spans_stay_a_small_picture(make, tmp_path):
    run = busy(make, tmp_path / 'run', devices=100, spans=1000)

    with styled():
        canvas, ax = panel()
        gantt(ax, run, until=1.0)
        picture = inline(canvas, 'gantt', 'many')

    assert len(lanes(run)) == LANES
    assert len(picture) < 300_000


def test_svg_is_the_same_each_time_in_the_page_s_colours_and_without_addresses(groups):
    def draw():
        with styled():
            canvas, ax = panel()
            learning(ax, groups)
            return inline(canvas, 'key', 'a < b & "c"')

    picture = draw()

    assert picture == draw()
    assert picture.startswith('<svg role="img" aria-label="a &lt; b &amp; &#34;c&#34;"')
    assert 'http' not in picture
    assert '#0072b2' not in picture
    assert 'var(--variant-0)' in picture
    ids = re.findall(r' id="([^"]*)"', picture)
    assert len(ids) == len(set(ids))
    assert all(name.startswith('key-') for name in ids)
    assert {*re.findall(r'url\(#([^)]*)\)', picture)} <= set(ids)


def test_names_are_text_never_formulas_or_markup(groups, ax, make, tmp_path):
    run = read_run(make(tmp_path / 'run', manifest={'variant': '$\\frac{<b>&'}))
    with styled():
        canvas, axes = panel()
        prediction_bars(axes, [])
        axes.set_title(group([run])[0].label)
        picture = inline(canvas, 'k', '')

    assert '$\\frac{&lt;b&gt;&amp;' in picture
