"""A figure as it stands in a page: panels, a legend, a title and a caption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from analysis.figures.style import ACTIVITY_COLOURS, USE_COLOURS, look, panel, styled
from analysis.figures.svg import VARIABLES, inline
from analysis.groups import Group
from analysis.metrics import ACTIVITIES
from analysis.report.tables import Table
from analysis.report.words import capital, say
from analysis.series import Series

__all__ = [
    'HALF',
    'THIRD',
    'Block',
    'Mark',
    'Panel',
    'Section',
    'activity_legend',
    'draw',
    'each',
    'sample',
    'swatch',
    'use_legend',
    'variant_legend',
]

THIRD: Final = (316.0, 238.0)
"""Size, in points, of a panel of which three stand side by side on a desk's screen."""

HALF: Final = (400.0, 268.0)
"""Size of a panel of which two do."""

_MARKS: Final = {
    'o': '<circle cx="16" cy="6" r="3.2"/>',
    's': '<rect x="13" y="3" width="6" height="6"/>',
    '^': '<path d="M16 2.2 20 9.2H12z"/>',
    'D': '<path d="M16 2 20 6 16 10 12 6z"/>',
    'v': '<path d="M16 9.8 20 2.8H12z"/>',
    'P': '<path d="M14.6 2.4h2.8v2.2h2.2v2.8h-2.2v2.2h-2.8V7.4h-2.2V4.6h2.2z"/>',
    'X': '<path d="M13.4 2.4 16 4.6l2.6-2.2 1.4 1.5L17.8 6l2.2 2.1-1.4 1.5L16 7.4l-2.6 2.2L12 8.1 '
    '14.2 6 12 3.9z"/>',
}


class Mark(NamedTuple):
    """One entry of a legend: a drawn sample and its name."""

    sample: Markup
    name: str
    variant: int | None = None


class Panel(NamedTuple):
    """One picture of a figure, with a heading of its own where there are several.

    Attributes
    ----------
    picture : Markup
        An `<svg>` element.
    title : str
    axis : str
        A key of `analysis.metrics.AXES` where the panels of a figure differ in their axis: a page
        shows the one that is asked for.
    variant : int, optional
        `Group.index` of a picture that shows one variant only.
    """

    picture: Markup
    title: str = ''
    axis: str = ''
    variant: int | None = None


class Block(NamedTuple):
    """A figure of a report.

    Attributes
    ----------
    key : str
        Its anchor, unique in the page.
    title : str
        What it is about, a few words.
    caption : Markup
        What is seen in it, in words made from its data.
    panels : sequence of Panel
    legend : sequence of Mark
    columns : int
        How many panels stand side by side where there is room.
    data : DataFrame, optional
        What is drawn, to be written beside the page as `KEY.csv`.
    """

    key: str
    title: str
    caption: Markup
    panels: Sequence[Panel]
    legend: Sequence[Mark] = ()
    columns: int = 3
    data: pd.DataFrame | None = None


class Section(NamedTuple):
    """Figures that belong together, under a heading."""

    key: str
    title: str
    blocks: Sequence[Block]
    tables: Sequence[Table] = ()


def draw(
    key: str,
    alternative: str,
    figure: Callable[[Axes], object],
    size: tuple[float, float] = THIRD,
) -> Markup:
    """Return what *figure* draws, as an `<svg>` of *size* points."""
    with styled():
        canvas, ax = panel(*size)
        figure(ax)
        return inline(canvas, key, alternative)


def each(
    key: str,
    groups: Sequence[Group],
    figure: Callable[[Axes, Group], object],
    words: Callable[[Group], Markup],
    height: Callable[[Group], float] | None = None,
) -> tuple[list[Panel], int]:
    """Return a panel for each group, and how many of them to put in a row.

    Parameters
    ----------
    key : str
        Of the figure.
    groups : sequence of Group
    figure : callable
        Draws one group.
    words : callable
        What the picture of a group shows.
    height : callable, optional
        Height of a group's picture, points.
    """
    (width, usual), row = (HALF, 2) if len(groups) <= 4 else (THIRD, 3)
    panels = []
    for place, g in enumerate(groups):
        size = (width, height(g) if height else usual)
        alternative = f'{capital(words(g)).striptags()}.'
        with styled():
            canvas, ax = panel(*size)
            figure(ax, g)
            picture = inline(canvas, f'{key}-{place}', alternative)
            panels.append(Panel(picture, g.label, variant=g.index))
    return panels, row


def variant_legend(groups: Sequence[Group | Series]) -> list[Mark]:
    """Return a legend of lines: the look of each group beside its name."""
    return [Mark(sample(g.index), g.label, g.index) for g in groups]


def activity_legend(used: Sequence[str]) -> list[Mark]:
    """Return a legend of the activities of devices that occur."""
    return [Mark(swatch(name), meaning) for name, meaning in ACTIVITIES.items() if name in used]


def use_legend(names: Sequence[str]) -> list[Mark]:
    """Return a legend of the use of links, from idle to busiest."""
    return [Mark(_swatch(c), name) for c, name in zip(USE_COLOURS, names, strict=True)]


def sample(index: int) -> Markup:
    """Return a short line that looks as the variant with this *index* does in figures."""
    colour, dash, marker = look(index)
    pattern = ' '.join(str(2 * part) for part in dash[1]) if isinstance(dash, tuple) else ''
    text = (
        '<svg class="sample" viewBox="0 0 32 12" aria-hidden="true" style="color:var({})">'
        '<path d="M0 6H32" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-dasharray="{}"/><g fill="currentColor">{}</g></svg>'
    )
    return say(text, VARIABLES[colour], pattern, say(_MARKS[marker]))


def swatch(activity: str) -> Markup:
    """Return a patch in the colour of an activity."""
    return _swatch(ACTIVITY_COLOURS[activity])


def _swatch(colour: str) -> Markup:
    text = (
        '<svg class="sample" viewBox="0 0 16 12" aria-hidden="true">'
        '<rect width="16" height="12" rx="2" style="fill:var({})"/></svg>'
    )
    return say(text, VARIABLES[colour])
