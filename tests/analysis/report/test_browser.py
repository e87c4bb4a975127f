"""The page in a real browser: it is clean, and what can be switched switches."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html import unescape

import pytest

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'chrome')
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--enable-logging=stderr', '--log-level=0', '--hide-scrollbars',
)  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason='needs a headless Chromium'),
]

DRIVER = """
const seen = {};
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const visible = (element) => element.getClientRects().length > 0;
const click = (element) => element.click();
const point = (element, type, x, y) => element.dispatchEvent(new PointerEvent(type,
  {clientX: x, clientY: y, bubbles: true}));
const accuracy = document.querySelector('#figure-test-accuracy');
const shown = () => all('.panel', accuracy).filter(visible).map((panel) => panel.dataset.axis);
const tip = document.querySelector('.tip');

seen.lively = document.documentElement.classList.contains('lively');
seen.first = shown();
for (const axis of ['rounds', 'bytes', 'all', 'seconds']) {
  click(accuracy.querySelector(`[data-shows="${axis}"]`));
  seen[axis] = shown();
  seen[`${axis} elsewhere`] = all('#figure-target .panel').filter(visible).length;
}
seen.pressed = all('[aria-pressed="true"]', accuracy.querySelector('.switch')).map(
  (button) => button.textContent);

const lines = () => all('.panel:not(.away) svg [data-v]', accuracy).filter(visible).map(
  (line) => line.dataset.v);
seen.lines = [...new Set(lines())];
const hide = accuracy.querySelector('[data-hides="0"]');
click(hide);
seen.lines_without = [...new Set(lines())];
seen.pressed_without = hide.getAttribute('aria-pressed');
seen.panels_without = all('#figure-nodes .panel').filter(visible).length;
const plot = accuracy.querySelector('svg[data-plot]');
const box = plot.getBoundingClientRect();
point(plot, 'pointermove', box.left + box.width / 2, box.top + 20);
seen.one_value = tip.textContent;
click(hide);
seen.lines_again = [...new Set(lines())];

point(plot, 'pointermove', box.left + 0.99 * box.width, box.top + 20);
seen.values = all('p', tip).map((row) => row.textContent);
seen.dots = all('.dots circle', plot).length;
point(plot, 'pointerleave', 0, 0);
seen.gone = tip.hidden;
plot.focus();
plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
seen.by_key = all('p', tip).map((row) => row.textContent);
plot.blur();
const dot = document.querySelector('#figure-target .panel:not(.away) [data-tip] path');
point(dot, 'pointermove', 5, 5);
seen.of_a_dot = tip.textContent;

const table = document.querySelector('#variants table');
const heads = all('thead th', table);
const pace = heads.findIndex((head) => head.textContent === 'time per round');
const order = () => all('tbody th', table).map((head) => head.textContent.trim());
click(heads[pace].querySelector('button'));
seen.rising = [order(), heads[pace].getAttribute('aria-sort')];
click(heads[pace].querySelector('button'));
seen.falling = [order(), heads[pace].getAttribute('aria-sort')];
click(heads[0].querySelector('button'));
seen.by_name = [order(), heads[pace].getAttribute('aria-sort')];

const pictures = all('svg:not([aria-hidden])');
seen.unnamed = pictures.filter((svg) => !svg.getAttribute('aria-label')).length;
seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
const told = document.createElement('pre');
told.id = 'seen';
told.textContent = JSON.stringify(seen);
document.body.append(told);
"""


def browse(page, folder, *options):
    profile = f'--user-data-dir={folder / "profile"}'
    command = [BROWSER, *OPTIONS, profile, *options, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert 'CONSOLE' not in done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def seen(written, tmp_path_factory):
    """What a visitor sees who tries everything: the page, with a script that does so."""
    folder = tmp_path_factory.mktemp('driven')
    allowed = base64.b64encode(hashlib.sha256(DRIVER.encode()).digest()).decode()
    html = written.read_text(encoding='utf-8')
    html = html.replace("script-src '", f"script-src 'sha256-{allowed}' '")
    page = folder / 'page.html'
    page.write_text(html.replace('</body>', f'<script>{DRIVER}</script></body>'), encoding='utf-8')
    dom = browse(page, folder, '--window-size=1200,3000', '--dump-dom')
    return json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', dom)[1]))


@pytest.mark.parametrize('width', [500, 1200])
def test_it_renders_without_complaints(written, tmp_path, width):
    picture = tmp_path / 'page.png'

    browse(written, tmp_path, f'--window-size={width},3000', f'--screenshot={picture}')

    assert colours(picture) > 50


def test_the_axis_switches_in_all_figures_at_once(seen):
    assert seen['lively']
    assert seen['first'] == ['seconds']
    assert [seen[axis] for axis in ('rounds', 'bytes', 'seconds')] == [
        ['rounds'],
        ['bytes'],
        ['seconds'],
    ]
    assert seen['all'] == ['seconds', 'rounds', 'bytes']
    assert [seen[f'{axis} elsewhere'] for axis in ('rounds', 'all', 'seconds')] == [1, 3, 1]
    assert seen['pressed'] == ['simulated time']


def test_a_variant_can_be_hidden_and_shown_again(seen):
    assert seen['lines'] == ['0', '1']
    assert seen['lines_without'] == ['1']
    assert seen['pressed_without'] == 'false'
    assert seen['panels_without'] == 1
    assert seen['lines_again'] == ['0', '1']


def test_values_are_told_where_the_pointer_is(seen):
    assert seen['one_value'].startswith('ring all-reduce 0.')
    assert 'parameter server' not in seen['one_value']
    assert [value.split(' 0.')[0] for value in seen['values']] == [
        'parameter server',
        'ring all-reduce',
    ]
    assert seen['dots'] == 2
    assert seen['gone']
    assert re.fullmatch(r'parameter server, (seed \d|mean): .* s', seen['of_a_dot'])


def test_values_are_told_to_the_keyboard_too(seen):
    assert [value.endswith(' at 0 s') for value in seen['by_key']] == [True, True]


def test_tables_sort_by_value_and_back(seen):
    assert seen['rising'] == [['ring all-reduce', 'parameter server'], 'ascending']
    assert seen['falling'] == [['parameter server', 'ring all-reduce'], 'descending']
    assert seen['by_name'] == [['parameter server', 'ring all-reduce'], None]


def test_every_figure_has_a_text_alternative_and_nothing_is_cut_off(seen):
    assert seen['unnamed'] == 0
    assert seen['wide'] <= 0


def colours(picture):
    image = pytest.importorskip('PIL.Image').open(picture).convert('RGB')
    return len(image.getcolors(maxcolors=image.width * image.height))
