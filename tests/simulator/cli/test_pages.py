"""Catalogues as Markdown; the shipped pages are fresh."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from simulator.cli import main
from simulator.scenario.kinds import CATALOGUES

PAGES = Path(__file__).parents[3] / 'scenarios' / 'catalogues'


def listed(*words):
    return CliRunner().invoke(main, ['list', *words, '--format', 'md'])


@pytest.mark.parametrize('kind', CATALOGUES)
def test_the_shipped_page_is_fresh(kind):
    """If not: make docs."""
    assert (PAGES / f'{kind}.md').read_text() == listed(kind).stdout


def test_all_pages_are_written_with_one_that_leads_to_them(tmp_path):
    result = listed('--out', str(tmp_path / 'pages'))
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / 'pages').iterdir()}
    assert names == {path.name for path in PAGES.iterdir()} == {
        'README.md', *(f'{kind}.md' for kind in CATALOGUES)
    }  # fmt: skip
    assert (tmp_path / 'pages/README.md').read_text() == (PAGES / 'README.md').read_text()


def test_one_entry_has_its_options_and_its_source():
    page = listed('aggregation', 'krum').stdout
    assert '## krum' in page and '| `f` | whole number >= 0 | required |' in page
    assert 'Blanchard' in page and '## median' not in page


def test_a_folder_needs_pages(tmp_path):
    result = CliRunner().invoke(main, ['list', '--out', str(tmp_path)])
    assert result.exit_code == 2 and '--format md' in result.output
