"""The page: what it says, that it stands alone, and that it is the same each time."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from html.parser import HTMLParser

import pytest

from analysis.groups import group
from analysis.load import load
from analysis.metrics import choose_target, final, reach
from analysis.report import write
from analysis.statistics import estimate, paired_ratio
from analysis.text import quantity, times
from simulator.errors import RunFolderError

VOID = {'meta', 'link', 'br', 'hr', 'img', 'input', 'path', 'rect', 'circle', 'use', 'image'}


class Page(HTMLParser):
    """A page taken apart: its texts by section, its ids, its links, its pictures."""

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return ' '.join(' '.join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found['id']] if 'id' in found else []
        self.links += [found[name] for name in ('src', 'href', 'xlink:href') if name in found]
        if tag == 'svg' and 'aria-hidden' not in found:
            self.pictures.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {'style', 'svg', 'script'} & set(self.open):
            self.texts.append(data)


@pytest.fixture(scope='module')
def html(written):
    return written.read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def page(html):
    return Page(html)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page):
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith('#')} <= set(page.ids)


def test_nothing_comes_from_elsewhere(html, page):
    assert all(link.startswith(('#', 'data:', 'report-data/')) for link in page.links)
    assert 'http:' not in html
    assert 'https:' not in html
    assert '@import' not in html
    assert html.count('<script') == 1


def test_only_the_page_s_own_script_may_run(html):
    text = html[html.index('<script>') + len('<script>') : html.index('</script>')]
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html


def test_every_picture_says_what_it_shows(page):
    assert len(page.pictures) > 10
    for picture in page.pictures:
        assert picture['role'] == 'img'
        assert len(picture['aria-label']) > 20
        assert picture['viewbox']


def test_the_answer_is_what_the_figures_say(page, healthy):
    server, ring = group(load(healthy).runs)
    target = choose_target((server, ring))
    took = {g: {run.seed: reach(run, target).seconds for run in g.runs} for g in (server, ring)}
    mean = {g: estimate(list(took[g].values())).mean for g in took}
    ratio = paired_ratio(took[server], took[ring])

    assert page.text.count('Is a ring faster than a parameter server where workers straggle?') == 2
    assert ratio.tells_apart
    sooner = f'{100 * (1 - 1 / ratio.value):.0f} % sooner'
    assert (
        f'Ring all-reduce reaches a test accuracy of {target.value:.2f} first: after '
        f'{quantity(mean[ring], "seconds")} of simulated time, {sooner} '
        f'than parameter server , which takes {quantity(mean[server], "seconds")} '
        f'(mean of 2 seeds, ratio {times(ratio.value)}, '
        f'95 % interval {times(ratio.low)} to {times(ratio.high)}).'
    ) in page.text
    assert '2 seeds each, compared seed by seed' in page.text


def test_the_table_holds_every_variant_with_mean_and_spread(page, healthy):
    for g in group(load(healthy).runs):
        ends = estimate([final(run, 'test_accuracy') for run in g.runs])
        assert f'{g.label} 2 {ends.mean:.3f}'[:-1] in page.text


def test_what_differs_and_what_is_common_is_spelled_out(page):
    assert 'cluster.topology.star.servers' in page.text
    assert 'all_reduce: {algorithm: {ring}}' in page.text
    assert 'lognormal: {sigma: 0.3}' in page.text


def test_measured_stands_beside_the_closed_form(page):
    assert 'All 4 figures agree with their closed form.' in page.text


def test_runs_left_aside_and_folders_passed_over_are_named(page):
    assert '1 run did not finish and is left aside.' in page.text
    assert 'interrupted' in page.text
    assert re.search(r'damaged : metrics: ', page.text)
    assert 'holiday pictures : no manifest.json' in page.text


def test_how_to_run_it_again(page):
    assert 'scenario.yaml' in page.text
    assert 'numpy 2.4.6' in page.text


def test_the_same_runs_give_the_same_bytes_wherever_they_are(study, written, tmp_path):
    copy = shutil.copytree(study, tmp_path / study.parent.name / study.name)
    again = write([copy], tmp_path / written.parent.name / written.name)

    assert again.read_bytes() == written.read_bytes()


def test_the_page_is_small(html):
    assert len(html) < 400_000


def test_a_study_of_collectives_tells_where_which_one_is_fastest(sizes, tmp_path):
    page = Page(write([sizes], tmp_path / 'r.html').read_text())

    assert (
        'Which is fastest depends on the size: round_robin from 1 kB to 10 kB and '
        'ring from 100 kB to 1 MB.'
    ) in page.text
    assert 'Time and bandwidth' in page.text
    assert 'Step by step' in page.text


def test_runs_with_next_to_nothing_recorded_still_make_a_page(make, tmp_path):
    make(tmp_path / 'bare', manifest={'question': '', 'variant': 'bare'})
    failed = {'status': 'failed', 'error': 'device 3 waits <for> 5', 'variant': 'broken'}
    make(tmp_path / 'broken', manifest=failed)

    page = Page(write([tmp_path], tmp_path / 'r.html').read_text())

    assert 'No evaluation was recorded' in page.text
    assert 'failed: device 3 waits <for> 5' in page.text


def test_names_cannot_smuggle_markup_in(make_training, tmp_path):
    name = '<script>ring & "co"</script>'
    make_training(tmp_path / 'run', name, 1, workers=2, rounds=8)

    html = write([tmp_path], tmp_path / 'r.html').read_text()

    assert html.count('<script') == 1
    assert name in Page(html).text


def test_without_a_run_there_is_no_page(tmp_path):
    with pytest.raises(RunFolderError, match='not a run folder'):
        write([tmp_path], tmp_path / 'r.html')
    assert not (tmp_path / 'r.html').exists()


def test_a_page_that_cannot_be_written_is_an_error_of_ours(make, tmp_path):
    (tmp_path / 'file').write_text('')

    with pytest.raises(RunFolderError, match='cannot be written'):
        write([make(tmp_path / 'run')], tmp_path / 'file' / 'r.html')
