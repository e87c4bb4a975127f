"""A matplotlib figure as a piece of a page: small, reproducible, in the page's colours."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Final

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from analysis.figures.marks import PREFIX, plotted, read
from analysis.figures.style import (
    ACTIVITY_COLOURS,
    INK,
    MUTED,
    PAPER,
    RULE,
    USE_COLOURS,
    VARIANT_COLOURS,
    fit,
)

__all__ = ['VARIABLES', 'alone', 'inline']

VARIABLES: Final[Mapping[str, str]] = {
    INK: '--ink',
    MUTED: '--muted',
    RULE: '--rule',
    PAPER: '--paper',
    **{colour: f'--variant-{index}' for index, colour in enumerate(VARIANT_COLOURS)},
    **{colour: f'--{name}' for name, colour in ACTIVITY_COLOURS.items()},
    **{colour: f'--use-{index}' for index, colour in enumerate(USE_COLOURS)},
}
"""The CSS variable that stands for each colour, so that a page may be light or dark."""

_COLOUR = re.compile('|'.join(VARIABLES))
_LONG_NUMBER = re.compile(r'-?\d+\.\d{2,}')
_GEOMETRY = re.compile(r'(?<= )(d|x|y|points|transform|width|height)="([^"]*)"')
_MARK = re.compile(rf' id="{PREFIX}([^"]*)"')
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")
# matplotlib's own style sheet would reach beyond its figure; the page has these rules
_NOISE = re.compile(
    r'<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>| transform="rotate\(-0[^"]*"',
    re.DOTALL,
)


def inline(figure: Figure, key: str, alternative: str) -> Markup:
    """Return *figure* as an `<svg>` element for an HTML page.

    Parameters
    ----------
    figure : Figure
        Drawn in the style of `analysis.figures.style.styled`, and saved inside it.
    key : str
        Unique in the page: ids inside the element begin with it.
    alternative : str
        What the figure shows, for those who do not see it.

    Returns
    -------
    Markup
        The same bytes for the same figure: no dates, no random ids; coordinates are
        rounded to a tenth of a point.
    """
    for ax in figure.axes:
        fit(ax)
    buffer = io.StringIO()
    # None leaves an entry out; any text would carry a date or an address
    nothing = dict.fromkeys(('Date', 'Creator', 'Format', 'Type'))
    with mpl.rc_context({'svg.hashsalt': 'bosphorus'}):
        figure.savefig(buffer, format='svg', metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index('<svg') :]
    text = _NOISE.sub('', text)
    text = _GEOMETRY.sub(lambda m: f'{m[1]}="{_LONG_NUMBER.sub(_rounded, m[2])}"', text)
    text = _COLOUR.sub(lambda m: f'var({VARIABLES[m[0]]})', text)
    text = _FONT.sub('var(--sans)', text)
    text = _MARK.sub(_attributes, text)
    text = re.sub(r'\s*\n\s*', '\n', _prefixed(text, key))
    return Markup(_opened(text, alternative, plotted(figure)))  # noqa: S704 (matplotlib escapes its texts)


def _prefixed(text: str, key: str) -> str:
    """Return *text* with only the ids that are used, made unique in the page."""
    used = set(re.findall(r'(?:url\(|href=")#([^)"]*)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{key}-{m[1]}"' if m[1] in used else '', text)
    text = re.sub(r'url\(#', f'url(#{key}-', text)
    return re.sub(r'(?:xlink:)?href="#', f'href="#{key}-', text)


def alone(picture: Markup) -> str:
    """Return an `<svg>` element of a page as a file of its own, in the colours of daylight."""
    colours = {variable: colour for colour, variable in VARIABLES.items()}
    text = re.sub(r'var\((--[a-z0-9-]+)\)', lambda m: colours.get(m[1], 'sans-serif'), picture)
    text = re.sub(r' data-[a-z]+="[^"]*"', '', text)
    return text.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _attributes(found: re.Match[str]) -> str:
    """Return what an artist tells of itself as attributes."""
    content = read(found[1])
    tip = escape(content.get('tip', ''))
    variant = f' data-v="{content["v"]}"' if 'v' in content else ''
    return f'{variant} data-tip="{tip}"' if tip else variant


def _opened(text: str, alternative: str, points: str) -> str:
    """Return *text* with an opening tag for a page: sized by the page, named for readers."""
    box = re.search(r'viewBox="([^"]*)"', text)
    body = text[text.index('>') + 1 :]
    size = f' viewBox="{box[1]}"' if box else ''
    plot = f' data-plot="{escape(points)}"' if points else ''
    return f'<svg role="img" aria-label="{escape(alternative)}"{size}{plot}>{body}'


def _rounded(number: re.Match[str]) -> str:
    short = f'{float(number[0]):.1f}'.removesuffix('.0')
    return '0' if short == '-0' else short
