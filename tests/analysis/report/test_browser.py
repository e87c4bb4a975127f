"""The page in a real browser."""

from __future__ import annotations

import shutil
import subprocess

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


@pytest.mark.parametrize('width', [500, 1200])
def test_it_renders_without_complaints(written, tmp_path, width):
    picture = tmp_path / 'page.png'
    profile = f'--user-data-dir={tmp_path / "profile"}'
    size = f'--window-size={width},3000'
    command = [BROWSER, *OPTIONS, profile, size, f'--screenshot={picture}', written.as_uri()]

    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert 'CONSOLE' not in done.stderr
    assert colours(picture) > 50


def colours(picture):
    image = pytest.importorskip('PIL.Image').open(picture).convert('RGB')
    return len(image.getcolors(maxcolors=image.width * image.height))
